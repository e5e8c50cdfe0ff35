import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DerivedGroupPlan } from '@millrace/core';
import { DAY_MS, PLAN, PURCHASES } from './customer-plan.js';
import { FeastException, getOnlineFeatures, write, type FeastColumn } from './feast-client-double.js';
import { runApi, type RunningApi } from './running-api.js';

const NOW = Date.now();
let api: RunningApi;

/** Reads request fields of the types whose JSON does not say what they are. */
const VISIT: DerivedGroupPlan = {
  name: 'visit',
  version: 1,
  inputs: [{ group: 'purchases', version: 2 }],
  requestFields: [
    { name: 'at', type: 'timestamp' },
    { name: 'price', type: 'float' },
    { name: 'taste', type: 'float_list' },
  ],
  features: [
    { name: 'weekday', type: 'int', expression: 'day_of_week(at)' },
    { name: 'moment', type: 'timestamp', expression: 'at' },
    { name: 'liking', type: 'float', expression: 'price * sum(taste)' },
  ],
};

/** One row of every pushed type, as Feast's client sends it. */
const ROW = {
  customer: [1],
  updated_at: [new Date(NOW - 1_000).toISOString().replace('Z', '')],
  logins: [3],
  score: [2],
  segment: ['gold'],
  active: [true],
  joined: [1_600_000_000],
  token: ['AAECAw=='],
  ids: [[1, 2]],
  weights: [[1, 2.5]],
  labels: [['a', '']],
  vector: [[0.5, 1, 2]],
};

const push = (df: object) => write(api.url, '/push', { push_source_name: 'profile_push', df });
const rowOf = (changes: object) => ({ ...ROW, ...changes });

async function read(body: object): Promise<ReadonlyMap<string, FeastColumn>> {
  return getOnlineFeatures(api.url, { full_feature_names: false, ...body });
}

async function rejection(promise: Promise<unknown>): Promise<Pick<FeastException, 'status' | 'className'>> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FeastException)) throw new Error(`no Feast exception: ${String(error)}`);
  return { status: error.status, className: error.className };
}

beforeAll(async () => {
  api = await runApi({ ...PLAN, derivedGroups: [...PLAN.derivedGroups, VISIT] });
  await api.store(
    PURCHASES,
    ['1'],
    [
      { at: NOW - 2_000, values: { amount: 2, order_id: 9_007_199_254_740_993n, shop: 'west' } },
      { at: NOW - 1_000, values: { amount: 1 } },
    ],
  );
  await push(ROW);
});

afterAll(() => api.stop());

describe('POST /get-online-features', () => {
  it('answers in columns: join keys first, then features, each with its type', async () => {
    const columns = await read({
      features: ['purchases:count_1h', 'purchases:amount_sum_1h', 'purchases:order_id_last_lifetime'],
      entities: { customer_id: [1, 404], unknown: [1, 2] },
    });
    expect([...columns.keys()]).toEqual([
      'customer_id',
      'count_1h',
      'amount_sum_1h',
      'order_id_last_lifetime',
    ]);
    expect(columns.get('count_1h')?.values).toEqual([
      { type: 'int64', value: 2n },
      { type: 'int64', value: 0n },
    ]);
    // A whole number is still a float, and an int64 keeps its digits.
    expect(columns.get('amount_sum_1h')?.values[0]).toEqual({ type: 'double', value: 3 });
    expect(columns.get('order_id_last_lifetime')?.values[0]).toEqual({
      type: 'int64',
      value: 9_007_199_254_740_993n,
    });
    expect(columns.get('count_1h')?.statuses).toEqual(['PRESENT', 'NOT_FOUND']);
    expect(columns.get('customer_id')?.statuses).toEqual(['PRESENT', 'PRESENT']);
  });

  it('serves a feature service, which wins over a list', async () => {
    const columns = await read({
      feature_service: 'fraud_detection',
      features: ['purchases:count_1h'],
      entities: { customer_id: [1] },
    });
    expect(columns.size).toBe(1 + PURCHASES.features.length);
  });

  it('prefixes feature names with their view on request', async () => {
    const columns = await read({
      features: ['purchases@v2:count_1h'],
      entities: { customer_id: [1] },
      full_feature_names: true,
    });
    expect([...columns.keys()]).toEqual(['customer_id', 'purchases__count_1h']);
  });

  it('every pushed type reads back as its own type', async () => {
    const columns = await read({ features: ['profile'], entities: { customer_id: [1] } });
    const types = [...columns].map(([name, column]) => [name, column.values[0]?.type]);
    expect(Object.fromEntries(types)).toEqual({
      customer_id: 'int64',
      logins: 'int64',
      score: 'double',
      segment: 'string',
      active: 'bool',
      joined: 'int64',
      token: 'string',
      ids: 'int64_list',
      weights: 'double_list',
      labels: 'string_list',
      vector: 'double_list',
    });
    expect(columns.get('joined')?.values[0]?.value).toBe(1_600_000_000n);
  });

  it('nulls and empty lists come as null, which a client can read', async () => {
    const nulls = Object.fromEntries(
      Object.keys(ROW)
        .slice(2)
        .map((name) => [name, [null]]),
    );
    await push(rowOf({ ...nulls, customer: [2], ids: [[]] }));
    const columns = await read({ features: ['profile'], entities: { customer_id: [2] } });
    expect(columns.get('ids')).toEqual({ values: [{ type: 'none', value: null }], statuses: ['NULL_VALUE'] });
    expect(columns.get('score')?.statuses).toEqual(['NULL_VALUE']);
    expect(columns.get('segment')?.values[0]).toEqual({ type: 'string', value: 'new' });
  });

  it('the ends of every type read back, each of its own type', async () => {
    const wide = { logins: '-9223372036854775808', ids: '[9223372036854775807,-9223372036854775808]' };
    const ends = { ...ROW, customer: [4], score: [5e-324], segment: ['ä\u2028\u{1F697}'], active: [false] };
    const df = JSON.stringify({ ...ends, joined: [-86_400], weights: [[-0.5, 1e308]], labels: [['', '|']] })
      .replace('"logins":[3]', `"logins":[${wide.logins}]`)
      .replace('"ids":[[1,2]]', `"ids":[${wide.ids}]`);
    const pushed = await api.post('/push', `{"push_source_name":"profile_push","df":${df}}`);
    expect({ status: pushed.status, text: pushed.text }).toEqual({ status: 200, text: '' });
    const columns = await read({ features: ['profile'], entities: { customer_id: [4] } });
    const values = [...columns].map(([name, column]) => [name, column.values[0]?.value]);
    expect(Object.fromEntries(values)).toEqual({
      customer_id: 4n,
      logins: -9_223_372_036_854_775_808n,
      score: 5e-324,
      segment: 'ä\u2028\u{1F697}',
      active: false,
      joined: -86_400n,
      token: 'AAECAw==',
      ids: [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n],
      weights: [-0.5, 1e308],
      labels: ['', '|'],
      vector: [0.5, 1, 2],
    });
  });

  it('one column tells every status, of pushed values and of computed ones', async () => {
    const old = NOW - 8 * DAY_MS;
    await api.store(PURCHASES, ['53'], [{ at: old, values: { amount: 2 } }]);
    await api.store(PURCHASES, ['51'], [{ at: NOW - 7_200_000, values: { amount: 2 } }]);
    const day = (days: number) => [new Date(NOW - days * DAY_MS).toISOString()];
    await push(rowOf({ customer: [50] }));
    await push(rowOf({ customer: [51], score: [null] }));
    await push(rowOf({ customer: [53], updated_at: day(31) }));
    const features = ['profile:score', 'purchases:amount_mean_1h'];
    const columns = await read({ features, entities: { customer_id: [50, 51, 52, 53] } });
    const statuses = ['NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'];
    expect(columns.get('score')?.statuses).toEqual(['PRESENT', ...statuses]);
    expect(columns.get('amount_mean_1h')?.statuses).toEqual(['NOT_FOUND', ...statuses]);
  });

  it('a row older than the TTL is OUTSIDE_MAX_AGE and withheld', async () => {
    await push(rowOf({ customer: [3], updated_at: [new Date(NOW - 31 * DAY_MS).toISOString()] }));
    const column = (await read({ features: ['profile:score'], entities: { customer_id: [3] } })).get('score');
    expect(column).toEqual({ values: [{ type: 'none', value: null }], statuses: ['OUTSIDE_MAX_AGE'] });
  });

  it('request data travels among the entities', async () => {
    const columns = await read({
      features: ['risk:amount_to_mean'],
      entities: { customer_id: [1], amount: [30.5] },
    });
    expect([...columns.keys()]).toEqual(['customer_id', 'amount', 'amount_to_mean']);
  });

  it('request data is read and comes back by its declared types', async () => {
    const columns = await read({
      features: ['visit', 'purchases:count_1h'],
      entities: {
        // Whole floats lose their fraction in JSON; timestamps are whole seconds, as the client has them, or texts.
        customer_id: ['1', 2, 3],
        price: [30, 2.5, null],
        taste: [[1, 2.5], [], [3]],
        at: [1_795_738_395, '2026-11-27T00:13:15+00:00', null],
      },
    });
    const double = (value: number) => ({ type: 'double', value });
    const int = (value: bigint) => ({ type: 'int64', value });
    const none = { type: 'none', value: null };
    const valuesOf = (name: string) => columns.get(name)?.values;
    expect(valuesOf('customer_id')).toEqual([int(1n), int(2n), int(3n)]);
    expect(valuesOf('price')).toEqual([double(30), double(2.5), none]);
    expect(valuesOf('taste')).toEqual([
      { type: 'double_list', value: [1, 2.5] },
      none,
      { type: 'double_list', value: [3] },
    ]);
    expect(valuesOf('at')).toEqual([int(1_795_738_395n), int(1_795_738_395n), none]);
    expect(columns.get('at')?.statuses).toEqual(['PRESENT', 'PRESENT', 'NULL_VALUE']);
    expect(valuesOf('moment')).toEqual([int(1_795_738_395n), int(1_795_738_395n), none]);
    expect(valuesOf('weekday')).toEqual([int(5n), int(5n), none]);
    expect(valuesOf('liking')).toEqual([double(105), double(0), none]);
  });

  it('no rows are answered with empty columns', async () => {
    const columns = await read({ features: ['purchases:count_1h'], entities: { customer_id: [] } });
    expect(columns.get('count_1h')).toEqual({ values: [], statuses: [] });
  });

  it.each([
    ['an unknown service', 404, 'FeatureServiceNotFoundException', { feature_service: 'x' }],
    ['an unknown view', 404, 'FeatureViewNotFoundException', { features: ['x:y'] }],
    [
      'an unknown version of a view',
      404,
      'FeatureViewNotFoundException',
      { features: ['purchases@v9:count_1h'] },
    ],
    ['features that are no list', 422, 'FeastError', { features: 'purchases:count_1h' }],
    ['entities that are no columns', 422, 'FeastError', { entities: { customer_id: 1 } }],
    ['a flag that is none', 422, 'FeastError', { full_feature_names: 'yes' }],
    ['an unknown feature', 404, 'FeatureViewNotFoundException', { features: ['purchases:y'] }],
    ['a part of a composite key', 422, 'FeastEntityDFMissingColumnsError', { features: ['tolls:toll'] }],
    ['a join key of the wrong type', 422, 'FeastError', { entities: { customer_id: ['x'] } }],
    ['columns of several lengths', 422, 'FeastError', { entities: { customer_id: [1], amount: [] } }],
    ['absent request data', 404, 'RequestDataNotFoundInEntityRowsException', { features: ['risk'] }],
    [
      'names that clash',
      422,
      'FeatureNameCollisionError',
      {
        features: ['trips:count_24h', 'tolls:toll', 'purchases:count_1h', 'profile:score', 'risk:score'],
        entities: { customer_id: [1], origin: ['a'], destination: ['b'] },
      },
    ],
    ['no features', 422, 'FeastError', { features: [] }],
  ])('%s raises the exception that Feast has for it', async (_what, status, className, body) => {
    const asked = {
      entities: { customer_id: [1], origin: ['JFK'] },
      features: ['purchases:count_1h'],
      ...body,
    };
    expect(await rejection(read(asked))).toEqual({ status, className });
  });

  it('a body that is no JSON is answered in the same form', async () => {
    const { status, text } = await api.post('/get-online-features', '{');
    expect(status).toBe(400);
    expect(JSON.parse(JSON.parse(text) as string)).toMatchObject({ class: 'FeastError' });
  });
});

describe('POST /push and /write-to-online-store', () => {
  const logins = async (customer: number) =>
    (await read({ features: ['profile:logins'], entities: { customer_id: [customer] } })).get('logins')
      ?.values[0]?.value;
  const at = (ms: number) => [new Date(ms).toISOString()];

  it('answer as Feast does: nothing, and null', async () => {
    expect(await push(rowOf({ customer: [10] }))).toBe('');
    const { customer, updated_at: event_timestamp, ...features } = ROW;
    const df = { customer_id: customer, event_timestamp, created: [null], ...features };
    expect(await write(api.url, '/write-to-online-store', { feature_view_name: 'profile', df })).toBe('null');
  });

  it('an older row never overwrites a newer one, and one of the same time corrects it', async () => {
    await push(rowOf({ customer: [11], logins: [1], updated_at: at(NOW - 1_000) }));
    await push(rowOf({ customer: [11], logins: [2], updated_at: at(NOW - 2_000) }));
    expect(await logins(11)).toBe(1n);
    await push(rowOf({ customer: [11], logins: [3], updated_at: at(NOW - 1_000) }));
    expect(await logins(11)).toBe(3n);
  });

  it('writers at the same time leave the newest row', async () => {
    const writes = Array.from({ length: 50 }, (_, i) => (i * 37) % 50);
    await Promise.all(
      writes.map((i) => push(rowOf({ customer: [12], logins: [i], updated_at: at(NOW - 100_000 + i) }))),
    );
    expect(await logins(12)).toBe(49n);
  });

  it('one wrong cell refuses the whole push, naming column and row', async () => {
    const df = Object.fromEntries(Object.entries(ROW).map(([name, [cell]]) => [name, [cell, cell]]));
    const pushed = push({ ...df, customer: [13, 14], logins: [1, 'many'] });
    await expect(pushed).rejects.toThrow('logins[1]: expected an integer of 64 bits, got "many"');
    expect(await logins(13)).toBeNull();
  });

  it.each([
    ['an embedding of another length', { vector: [[1, 2]] }],
    ['an event time far ahead', { updated_at: at(NOW + DAY_MS) }],
    ['an event time that is none', { updated_at: ['soon'] }],
    ['columns of several lengths', { logins: [1, 2] }],
    ['bytes that are not base64', { token: ['?'] }],
  ])('%s is refused', async (_what, changes) => {
    expect(await rejection(push(rowOf(changes)))).toEqual({ status: 422, className: 'FeastError' });
  });

  it('unknown sources and views raise what Feast has for them', async () => {
    const toSource = write(api.url, '/push', { push_source_name: 'x', df: ROW });
    expect(await rejection(toSource)).toEqual({ status: 422, className: 'PushSourceNotFoundException' });
    const toView = write(api.url, '/write-to-online-store', { feature_view_name: 'x', df: ROW });
    expect(await rejection(toView)).toEqual({ status: 404, className: 'FeatureViewNotFoundException' });
    const computed = write(api.url, '/write-to-online-store', { feature_view_name: 'purchases', df: ROW });
    expect((await rejection(computed)).className).toBe('FeastError');
  });

  it('rows of a composite key read back by both parts', async () => {
    const df = { origin: ['JFK'], destination: ['LAX'], at: at(NOW - 1_000), toll: [12] };
    await write(api.url, '/push', { push_source_name: 'toll_push', df });
    const columns = await read({
      features: ['tolls:toll'],
      entities: { destination: ['LAX', 'JFK'], origin: ['JFK', 'LAX'] },
    });
    expect(columns.get('toll')?.values).toEqual([
      { type: 'double', value: 12 },
      { type: 'none', value: null },
    ]);
  });

  it('rows are kept until they are surely too old, or for ever', async () => {
    const ttlsOf = async (pattern: string) =>
      Promise.all((await api.redis.keys(pattern)).map((key) => api.redis.pttl(key)));
    expect(Math.min(...(await ttlsOf('*{customer.*}:p:*')))).toBeGreaterThan(59 * DAY_MS);
    expect(await ttlsOf('*{route.*}:p:*')).toEqual([-1]);
  });
});

it('GET /health is empty and 200 while features can be read', async () => {
  const { status, text } = await api.get('/health');
  expect({ status, text }).toEqual({ status: 200, text: '' });
});
