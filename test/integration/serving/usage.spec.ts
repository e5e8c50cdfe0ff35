import { afterAll, beforeAll, expect, it } from 'vitest';
import { Keys } from '@millrace/redis';
import { RedisUsageStore } from '@millrace/serving';
import { PLAN, PURCHASES } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

const FEATURE = 'purchases@2:amount_mean_1h';

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN, { MILLRACE_SERVED_SAMPLE_RATIO: '1' });
  const values = { amount: 10, order_id: 7, shop: 'corner' };
  await api.store(PURCHASES, ['1'], [{ at: Date.now() - 1_000, values }]);
  await api.store(PURCHASES, ['2'], [{ at: Date.now() - 8 * 86_400_000, values }]);
});

afterAll(() => api.stop());

interface Usage {
  readonly feature: string;
  readonly service?: string;
  readonly lastReadAt: string;
}

async function usageOf(feature: string): Promise<Usage | undefined> {
  const { body } = await api.get('/v1/usage');
  return (body['usage'] as readonly Usage[]).find((usage) => usage.feature === feature);
}

it('what is read of a feature is counted by status, and the counts of processes add up', async () => {
  const started = Date.now();
  const read = {
    features: ['purchases:amount_mean_1h'],
    entities: [{ customer_id: '1' }, { customer_id: '2' }, { customer_id: '3' }],
  };
  expect((await api.post('/v1/features', read)).status).toBe(200);
  const counted = await usageOf(FEATURE);
  expect(counted).toMatchObject({ reads: 3, nulls: 0, notFound: 1, stale: 1, invalid: 0 });
  expect(Date.parse(counted?.lastReadAt ?? '')).toBeGreaterThanOrEqual(started);

  const other = new RedisUsageStore(api.redis, new Keys());
  await other.add([
    { service: undefined, variant: undefined, feature: FEATURE, byStatus: [0, 1, 2, 0, 0], lastReadAt: 5 },
  ]);
  expect(await usageOf(FEATURE)).toEqual({ ...counted, reads: 6, nulls: 2 });
});

it('reads through a service are counted under its name, and shown in the metrics', async () => {
  const [service] = PLAN.services;
  const body = { service: service?.name, entities: [{ customer_id: '1', origin: 'a', destination: 'b' }] };
  const { status } = await api.post('/v1/features', body);
  expect(status).toBe(200);
  const { body: answer } = await api.get(`/v1/usage?service=${service?.name}`);
  expect(answer['usage']).toHaveLength(service?.features.length ?? 0);
  const metrics = (await api.get('/metrics')).text;
  expect(metrics).toContain(
    `millrace_serving_rows_total{service="${service?.name}",variant="",process="api"} 1`,
  );
  expect(metrics).toMatch(
    new RegExp(
      `millrace_serving_values_total\\{service="${service?.name}",variant="",status="PRESENT".*\\} [1-9]`,
    ),
  );
  expect(metrics).toMatch(
    /millrace_serving_request_seconds_count\{.*route="\/v1\/features",status="200"\} \d/,
  );
});

it('a sampled read leaves its vector with evidence, and answers none that was not asked for', async () => {
  await api.redis.del(api.keys.served);
  const entities = Array.from({ length: 20 }, () => ({ customer_id: '1' }));
  const read = { features: ['purchases:count_1h'], entities };
  const { first } = await api.post('/v1/features', read);
  expect(first.evidence).toBeUndefined();
  const [entry] = await api.redis.xrange(api.keys.served, '-', '+');
  const [, service, , variant, , vector = ''] = entry?.[1] ?? [];
  expect({ service, variant }).toEqual({ service: '', variant: '' });
  expect(JSON.parse(vector)).toMatchObject({
    entity: { customer_id: '1' },
    values: { count_1h: 1 },
    evidence: { count_1h: { events: 1, exact: true } },
  });
});
