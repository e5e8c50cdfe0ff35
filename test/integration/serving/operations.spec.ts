import { afterAll, beforeAll, expect, it } from 'vitest';
import { PLAN } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN);
});

afterAll(() => api.stop());

it('every partition of every entity is listed, and those of one on request', async () => {
  const all = await api.get('/v1/partitions');
  expect(all.body['partitions']).toHaveLength(20);
  const { body } = await api.get('/v1/partitions?entity=route');
  expect(body['partitions']).toMatchObject([
    { partition: 'route.0', lagMs: 0, mailbox: { frames: 0 }, deadLetters: { kept: 0 } },
    { partition: 'route.1' },
    { partition: 'route.2' },
    { partition: 'route.3' },
  ]);
});

it('an unknown entity is answered with the nearest', async () => {
  const { status, body } = await api.get('/v1/partitions?entity=rout');
  expect(status).toBe(404);
  expect(body['detail']).toContain('did you mean "route"?');
});

it('a parameter that stands twice in a query is refused by name', async () => {
  for (const path of ['/v1/partitions?entity=a&entity=b', '/v1/dead-letters?group=a&group=b']) {
    const { status, body } = await api.get(path);
    expect([status, body['code'], body['detail']]).toEqual([
      400,
      'BAD_REQUEST',
      expect.stringMatching(/^(entity|group): 2 values in the query/),
    ]);
  }
});

it('freshness is told per group, also before the first event', async () => {
  const { body } = await api.get('/v1/freshness');
  expect(body['groups']).toMatchObject([
    {
      group: 'purchases',
      version: 2,
      entity: 'customer',
      newestEventTime: null,
      freshnessMs: null,
      lagMs: 0,
    },
    { group: 'trips', version: 1 },
  ]);
});

it('dead letters are listed within limits, and unknown ones are not found', async () => {
  expect((await api.get('/v1/dead-letters')).body).toEqual({ deadLetters: [] });
  expect((await api.get('/v1/dead-letters?limit=0')).status).toBe(400);
  expect((await api.get('/v1/dead-letters/customer.1:1-1')).status).toBe(404);
  expect((await api.post('/v1/dead-letters/customer.1:1-1/replay', {})).status).toBe(404);
  const dropped = await fetch(`${api.url}/v1/dead-letters/customer.1:1-1`, { method: 'DELETE' });
  expect(dropped.status).toBe(404);
});

it('a dead letter is replayed only for a group that is computed', async () => {
  const dead = api.keys.dead('customer.1');
  const kept = async (group: string): Promise<string> => {
    const fields = ['code', 'APPLY_FAILED', 'group', group, 'entry', '1-0', 'row', '0', 'frame', 'x'];
    return `customer.1:${await api.redis.xadd(dead, '*', ...fields)}`;
  };
  const gone = await kept('purchases@1');
  const { status, body } = await api.post(`/v1/dead-letters/${gone}/replay`, {});
  expect([status, body['code'], body['group']]).toEqual([409, 'GROUP_NOT_COMPUTED', 'purchases@1']);
  expect((await api.get(`/v1/dead-letters/${gone}`)).status).toBe(200);
  const current = await kept('purchases@2');
  expect((await api.post(`/v1/dead-letters/${current}/replay`, {})).status).toBe(202);
  expect((await api.get(`/v1/dead-letters/${current}`)).status).toBe(404);
  await api.redis.del(dead);
});

it('answers that are given again are counted, and their bytes', async () => {
  const read = { features: ['purchases:amount_mean_1h'], entities: [{ customer_id: '1' }] };
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push((await api.post('/v1/features', read)).body['results']);
  // Kept when it comes the second time, given again from the third on.
  expect(answers[2]).toEqual(answers[0]);
  const metrics = (await api.get('/metrics')).text;
  expect(metrics).toMatch(/millrace_ready_rows_total\{process="api"\} [1-9]/);
  expect(metrics).toMatch(/millrace_ready_bytes\{process="api"\} [1-9]/);
});
