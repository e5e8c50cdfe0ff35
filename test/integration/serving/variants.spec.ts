import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VariantSplit, type AggregatedGroupPlan, type PlanDocument, type ServicePlan } from '@millrace/core';
import { HOUR_MS, PLAN, PURCHASES } from './customer-plan.js';
import { getOnlineFeatures } from './feast-client-double.js';
import { runApi, type RunningApi } from './running-api.js';

/** An older version, which only sums. */
const PURCHASES_1: AggregatedGroupPlan = {
  ...PURCHASES,
  version: 1,
  windows: [{ kind: 'sliding', lengthMs: 2 * HOUR_MS }],
  features: [{ name: 'amount_sum_1h', type: 'float', function: { kind: 'sum' }, input: 0, window: 0 }],
};

const SPLIT: ServicePlan = {
  name: 'split_by_customer',
  version: 1,
  features: [],
  split: {
    by: 'customer',
    variants: [
      {
        name: 'control',
        weight: 70,
        features: [
          { group: 'purchases', version: 2, feature: 'count_1h' },
          { group: 'purchases', version: 2, feature: 'amount_sum_1h' },
        ],
      },
      { name: 'older', weight: 30, features: [{ group: 'purchases', version: 1, feature: 'amount_sum_1h' }] },
    ],
  },
};

/** Its second variant needs more of a row than the first. */
const UNEVEN: ServicePlan = {
  name: 'uneven',
  version: 1,
  features: [],
  split: {
    by: 'customer',
    variants: [
      { name: 'few', weight: 1, features: [{ group: 'purchases', version: 2, feature: 'count_1h' }] },
      {
        name: 'many',
        weight: 1,
        features: [
          { group: 'tolls', version: 1, feature: 'toll' },
          { group: 'risk', version: 3, feature: 'amount_to_mean' },
        ],
      },
    ],
  },
};

const WITH_VARIANTS: PlanDocument = {
  ...PLAN,
  groups: [PURCHASES_1, ...PLAN.groups],
  services: [...PLAN.services, SPLIT, UNEVEN],
};

const IDS = Array.from({ length: 200 }, (_, i) => i);
const NAMES = ['control', 'older'];
const split = new VariantSplit('split_by_customer', SPLIT.split?.variants ?? []);
const variantOf = (id: number): string => NAMES[split.variantOf(String(id))] ?? '';
const idOf = (variant: string): number => IDS.find((id) => variantOf(id) === variant) ?? -1;

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(WITH_VARIANTS, { MILLRACE_SERVED_SAMPLE_RATIO: '1' });
  for (const id of [idOf('control'), idOf('older')])
    for (const group of [PURCHASES, PURCHASES_1])
      await api.store(group, [String(id)], [{ at: Date.now() - 1.5 * HOUR_MS, values: { amount: 5 } }]);
});

afterAll(() => api.stop());

const read = (service: string, rows: readonly object[], more: object = {}) =>
  api.post('/v1/features', { service, entities: rows, ...more });

describe('a service with variants', () => {
  it('names the variant of each row, rows in the order of the request, every time the same', async () => {
    const rows = IDS.map((customer_id) => ({ customer_id }));
    for (let time = 0; time < 2; time++) {
      const { results } = await read('split_by_customer', rows);
      expect(results.map(({ entity, variant }) => ({ entity, variant }))).toEqual(
        IDS.map((id) => ({ entity: { customer_id: id }, variant: variantOf(id) })),
      );
    }
  });

  it('serves each row what its variant says', async () => {
    const [control, older] = [idOf('control'), idOf('older')];
    const { results } = await read('split_by_customer', [{ customer_id: older }, { customer_id: control }]);
    // Version 1 looks two hours back, version 2 one.
    expect(results.map(({ values }) => values)).toEqual([
      { amount_sum_1h: 5 },
      { count_1h: 0, amount_sum_1h: 0 },
    ]);
  });

  it("answers Feast's clients with the columns of all variants, whoever is asked for", async () => {
    const [control, older] = [idOf('control'), idOf('older')];
    const body = { feature_service: 'split_by_customer', entities: { customer_id: [older, control] } };
    const columns = await getOnlineFeatures(api.url, body);
    expect([...columns.keys()]).toEqual(['customer_id', 'count_1h', 'amount_sum_1h']);
    expect(columns.get('count_1h')).toEqual({
      values: [
        { type: 'none', value: null },
        { type: 'int64', value: 0n },
      ],
      statuses: ['NOT_FOUND', 'PRESENT'],
    });
    expect(columns.get('amount_sum_1h')?.values.map(({ value }) => value)).toEqual([5, 0]);
    const one = await getOnlineFeatures(api.url, { ...body, entities: { customer_id: [older] } });
    expect([...one.keys()]).toEqual([...columns.keys()]);
    const none = await getOnlineFeatures(api.url, { ...body, entities: { customer_id: [] } });
    expect([...none.keys()]).toEqual([...columns.keys()]);
    const answer = await api.post('/get-online-features', body);
    expect(answer.body['metadata']).toMatchObject({ variants: ['older', 'control'] });
  });

  it('asks of every row what any variant needs, so that no id decides whether a request is right', async () => {
    const route = { origin: 'a', destination: 'b' };
    for (const customer_id of IDS.slice(0, 10)) {
      const bare = await read('uneven', [
        { customer_id: 1, amount: 1, ...route },
        { customer_id, amount: 1 },
      ]);
      expect(bare.body).toMatchObject({
        status: 422,
        code: 'ENTITY_KEY_MISSING',
        index: 1,
        joinKey: 'origin',
      });
      const silent = await read('uneven', [{ customer_id, ...route }]);
      expect(silent.body).toMatchObject({ status: 422, code: 'REQUEST_FIELD_MISSING', field: 'amount' });
    }
    const whole = await read(
      'uneven',
      IDS.map((customer_id) => ({ customer_id, ...route })),
      { request: IDS.map(() => ({ amount: 1 })) },
    );
    expect(new Set(whole.results.map(({ variant }) => variant))).toEqual(new Set(['few', 'many']));
  });

  it('names the row of the request that is read too early', async () => {
    const older = idOf('older');
    const asked = { asOf: Date.now() - 10 * HOUR_MS };
    const { body } = await read('split_by_customer', [{ customer_id: -1 }, { customer_id: older }], asked);
    expect(body).toMatchObject({ status: 422, code: 'AS_OF_TOO_EARLY', index: 1 });
  });

  it('is counted, measured and sampled by variant', async () => {
    const [control, older] = [idOf('control'), idOf('older')];
    const usageOf = async () => (await api.get('/v1/usage?service=split_by_customer')).body['usage'];
    await api.redis.del(api.keys.usage, api.keys.served);
    await usageOf();
    await api.redis.del(api.keys.usage);
    await read('split_by_customer', [{ customer_id: older }, { customer_id: control }]);
    expect(await usageOf()).toMatchObject([
      { variant: 'older', feature: 'purchases@1:amount_sum_1h', reads: 1 },
      { variant: 'control', feature: 'purchases@2:amount_sum_1h', reads: 1 },
      { variant: 'control', feature: 'purchases@2:count_1h', reads: 1 },
    ]);
    expect((await api.get('/metrics')).text).toMatch(
      /millrace_serving_rows_total\{service="split_by_customer",variant="older",process="api"\} [1-9]/,
    );
    const samples = await api.redis.xrange(api.keys.served, '-', '+');
    expect(samples.map(([, fields]) => fields.slice(0, 4))).toEqual(
      ['control', 'older'].map((variant) => ['service', 'split_by_customer', 'variant', variant]),
    );
    expect(JSON.parse(samples[1]?.[1][5] ?? '')).toMatchObject({
      entity: { customer_id: older },
      variant: 'older',
      values: { amount_sum_1h: 5 },
    });
  });
});
