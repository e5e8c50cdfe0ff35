import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRegistry, type RunningRegistry } from './registry/running-registry.js';

const ADMIN_KEY = 'an-admin-key-for-this-test';
const BOARD = '/admin/queues/api/queues';

let api: RunningRegistry;

beforeAll(async () => {
  api = await runRegistry({ MILLRACE_AUTH: 'required', MILLRACE_ADMIN_KEY: ADMIN_KEY });
});

afterAll(async () => {
  await api.stop();
});

it('the board of the queues asks a browser for a key, and tells a stranger nothing', async () => {
  const { status, headers, body } = await api.request('GET', BOARD);
  expect([status, body['code']]).toEqual([401, 'UNAUTHENTICATED']);
  expect(headers.get('www-authenticate')).toMatch(/^Basic /);
});

it('the board shows turns and sweeps to an admin, by bearer token or as password', async () => {
  const basic = `Basic ${Buffer.from(`anybody:${ADMIN_KEY}`).toString('base64')}`;
  for (const authorization of [`Bearer ${ADMIN_KEY}`, basic]) {
    const { status, body } = await api.request('GET', BOARD, undefined, { authorization });
    expect(status).toBe(200);
    expect((body['queues'] as { name: string }[]).map(({ name }) => name)).toEqual(['turns', 'sweep']);
  }
});
