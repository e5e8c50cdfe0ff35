import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_RULES } from '../../../apps/api/src/access-rules.js';
import { accessMatrix, keysOfEveryState, waitFor } from '../../kit/index.js';
import { runRegistry, type Answer, type RunningRegistry } from './running-registry.js';

const ADMIN_KEY = 'the-admin-key-of-this-test';
const ENTITY = { kind: 'Entity', name: 'fraud_customer', joinKeys: [{ name: 'id', type: 'int' }] };

let api: RunningRegistry;

beforeAll(async () => {
  api = await runRegistry({ MILLRACE_AUTH: 'required', MILLRACE_ADMIN_KEY: ADMIN_KEY });
});

afterAll(() => api.stop());

const as = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  api.request(method, path, body, { authorization: `Bearer ${key}` });

async function createKey(name: string, more: object): Promise<{ id: string; key: string }> {
  const { status, body } = await as(ADMIN_KEY, 'POST', '/v1/keys', { name, ...more });
  expect(status).toBe(201);
  return { id: String(body['id']), key: String(body['key']) };
}

describe('access to the api app', () => {
  it('is denied without a key, with a challenge, also where there is no such route', async () => {
    const { status, headers, body } = await api.request('GET', '/v1/entities');
    expect([status, headers.get('www-authenticate'), body['code']]).toEqual([
      401,
      'Bearer',
      'UNAUTHENTICATED',
    ]);
    expect((await api.request('GET', '/v1/nothing')).status).toBe(401);
  });

  it('is open for probes, metrics and the documentation', async () => {
    for (const path of ['/healthz', '/docs-json']) expect((await api.request('GET', path)).status).toBe(200);
    expect([200, 503]).toContain((await api.request('GET', '/readyz')).status);
  });

  it('leaks nothing and refuses nothing wrongly, route by route and key by key', async () => {
    const keys = await keysOfEveryState(api.url, ADMIN_KEY);
    const { cells, leaked, refused } = await accessMatrix(
      [{ name: 'api', url: api.url, rules: ACCESS_RULES }],
      keys,
    );
    expect({ leaked, refused }).toEqual({ leaked: [], refused: [] });
    expect(cells).toBeGreaterThan(300);
  });

  it('follows the patterns of a key, in paths and in bodies', async () => {
    const { key } = await createKey('fraud team', { scopes: ['admin'], patterns: ['fraud_*'] });
    expect((await as(key, 'POST', '/v1/apply', { definitions: [ENTITY] })).status).toBe(200);
    const other = { ...ENTITY, name: 'customer' };
    expect((await as(key, 'POST', '/v1/apply', { definitions: [ENTITY, other] })).status).toBe(403);
    expect((await as(key, 'POST', '/v1/apply', { definitions: [], prune: true })).status).toBe(403);
    expect((await as(key, 'GET', '/v1/entities/fraud_customer')).status).toBe(200);
    expect((await as(key, 'GET', '/v1/entities/customer')).status).toBe(403);
    expect((await as(key, 'GET', '/v1/entities')).status).toBe(403);
  });

  it('ends within a second of the revocation', async () => {
    const { id, key } = await createKey('short', { scopes: ['read'] });
    expect((await as(key, 'GET', '/v1/entities')).status).toBe(200);
    expect((await as(ADMIN_KEY, 'DELETE', `/v1/keys/${id}`)).status).toBe(200);
    await waitFor('the revocation', async () => (await as(key, 'GET', '/v1/entities')).status === 401, {
      deadlineMs: 2_000,
    });
  });
});

describe('API keys', () => {
  it('are listed without anything that proves them', async () => {
    const { key } = await createKey('listed', {
      scopes: ['read', 'write'],
      expiresAt: '2099-01-01T00:00:00Z',
    });
    const { body } = await as(ADMIN_KEY, 'GET', '/v1/keys');
    const text = JSON.stringify(body);
    expect(text).toContain('"listed"');
    expect(text).not.toContain(key.split('_')[2]);
    expect(text).not.toContain('digest');
  });

  it('have one name each, as long as they are valid', async () => {
    const { id } = await createKey('twice', { scopes: ['read'] });
    const again = () => as(ADMIN_KEY, 'POST', '/v1/keys', { name: 'twice', scopes: ['read'] });
    expect((await again()).status).toBe(409);
    await as(ADMIN_KEY, 'DELETE', `/v1/keys/${id}`);
    expect((await again()).status).toBe(201);
    expect((await as(ADMIN_KEY, 'DELETE', '/v1/keys/none')).status).toBe(404);
  });

  it.each([
    [{ name: 'x', scopes: ['root'] }],
    [{ name: 'x', scopes: [] }],
    [{ name: '', scopes: ['read'] }],
    [{ name: 'x', scopes: ['read'], patterns: ['a b'] }],
    [{ name: 'x', scopes: ['read'], expiresAt: 'soon' }],
  ])('are not made from %j', async (body) => {
    expect((await as(ADMIN_KEY, 'POST', '/v1/keys', body)).status).toBe(400);
  });

  it('stand in the audit log by their name', async () => {
    const { key } = await createKey('auditor', { scopes: ['admin'] });
    await as(key, 'PUT', '/v1/entities/audited', { joinKeys: [{ name: 'id', type: 'int' }] });
    const { body } = await as(ADMIN_KEY, 'GET', '/v1/changes?name=audited');
    expect(body['items']).toMatchObject([{ action: 'created', by: 'auditor' }]);
  });
});
