import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partitionName } from '@millrace/redis';
import { partitionOf, type AggregatedGroupPlan } from '@millrace/core';
import { DAY_MS, HOUR_MS, PLAN, PROFILE, PURCHASES, TRIPS } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

const NOW = Date.now();
/** An int64 that no double holds. */
const WIDE = 9_007_199_254_740_993n;

/** Over the newest events, however old they are. */
const LATEST: AggregatedGroupPlan = {
  ...PURCHASES,
  name: 'latest',
  version: 1,
  windows: [{ kind: 'records', count: 2 }],
  features: [{ name: 'amount_last2', type: 'float', function: { kind: 'sum' }, input: 0, window: 0 }],
};

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(
    { ...PLAN, groups: [...PLAN.groups, LATEST] },
    { MILLRACE_ENTITIES_PER_REQUEST_MAX: '100' },
  );
  await api.store(
    PURCHASES,
    ['1'],
    [
      { at: NOW - 2 * HOUR_MS, values: { amount: 100, order_id: 1, shop: 'north' } },
      { at: NOW - 2_000, values: { amount: 2, order_id: 2, shop: 'west "end"' } },
      { at: NOW - 1_000, values: { amount: 1, order_id: WIDE, shop: null } },
    ],
  );
  await api.store(
    PURCHASES,
    ['2'],
    [{ at: NOW - 8 * DAY_MS, values: { amount: 5, order_id: 9, shop: 'old' } }],
  );
  await api.store(
    PURCHASES,
    ['3'],
    [{ at: NOW - 2 * HOUR_MS, values: { amount: 5, order_id: 9, shop: null } }],
  );
  await api.store(TRIPS, ['JFK', 'LAX'], [{ at: NOW - 1_000, values: {} }]);
});

afterAll(() => api.stop());

const read = (body: object) => api.post('/v1/features', body);

describe('POST /v1/features', () => {
  it('serves every feature of a service with value, status and event time', async () => {
    const { status, contentType, first } = await read({
      service: 'fraud_detection',
      entities: [{ customer_id: 1 }],
    });
    expect(status).toBe(200);
    expect(contentType).toMatch(/^application\/json/);
    expect(first.entity).toEqual({ customer_id: 1 });
    expect(first.values).toMatchObject({
      count_1h: 2,
      amount_sum_1h: 3,
      amount_mean_1h: 1.5,
      shop_last_lifetime: 'west "end"',
    });
    expect(new Set(Object.values(first.statuses))).toEqual(new Set(['PRESENT']));
    expect(first.eventTimes['count_1h']).toBe(new Date(NOW - 1_000).toISOString());
    expect(Object.keys(first)).toEqual(['entity', 'values', 'statuses', 'eventTimes']);
  });

  it('writes integers beyond 2^53 with every digit and floats as floats', async () => {
    const { text } = await read({ service: 'fraud_detection', entities: [{ customer_id: 1 }] });
    expect(text).toContain('"order_id_last_lifetime":9007199254740993');
    expect(text).toContain('"amount_sum_1h":3.0');
    expect(text).toContain('"count_1h":2,');
  });

  it('an int64 join key beyond 2^53 names its own entity and is echoed as it was', async () => {
    await api.store(PURCHASES, [String(WIDE)], [{ at: NOW - 1_000, values: { amount: 7 } }]);
    const { text } = await api.post(
      '/v1/features',
      `{"features":["purchases:amount_sum_1h"],"entities":[{"customer_id":${WIDE}},{"customer_id":9007199254740992}]}`,
    );
    expect(text).toContain(`{"entity":{"customer_id":${WIDE}},"values":{"amount_sum_1h":7.0}`);
    expect(text).toContain('{"entity":{"customer_id":9007199254740992},"values":{"amount_sum_1h":0.0}');
  });

  it('an entity without events has counts and sums of 0, defaults, and nulls', async () => {
    const { first } = await read({ service: 'fraud_detection', entities: [{ customer_id: 404 }] });
    expect(first.values).toEqual({
      count_1h: 0,
      amount_sum_1h: 0,
      amount_mean_1h: null,
      order_id_last_lifetime: null,
      shop_last_lifetime: 'nowhere',
    });
    expect(new Set(Object.values(first.statuses))).toEqual(new Set(['NOT_FOUND']));
    expect(first.eventTimes['count_1h']).toBeNull();
  });

  it('a null of a known entity is NULL_VALUE, and a default stands in for it', async () => {
    const { first } = await read({ service: 'fraud_detection', entities: [{ customer_id: 3 }] });
    expect(first.values).toMatchObject({
      count_1h: 0,
      amount_mean_1h: null,
      shop_last_lifetime: 'nowhere',
    });
    expect(first.statuses).toMatchObject({
      count_1h: 'PRESENT',
      amount_mean_1h: 'NULL_VALUE',
      shop_last_lifetime: 'NULL_VALUE',
    });
  });

  it('a value older than the TTL as of the read is withheld', async () => {
    const features = ['purchases:order_id_last_lifetime'];
    const now = await read({ features, entities: [{ customer_id: 2 }] });
    expect(now.first.values).toEqual({ order_id_last_lifetime: null });
    expect(now.first.statuses).toEqual({ order_id_last_lifetime: 'OUTSIDE_MAX_AGE' });
    const then = await read({ features, entities: [{ customer_id: 2 }], asOf: NOW - 2 * DAY_MS });
    expect(then.first.values).toEqual({ order_id_last_lifetime: 9 });
  });

  it('a value is served while it is exactly as old as the TTL, and not a millisecond longer', async () => {
    const at = NOW - 5_000;
    await api.store(PURCHASES, ['7'], [{ at, values: { amount: 5, order_id: 9, shop: 'west' } }]);
    const unset = Object.fromEntries(PROFILE.features.map(({ name }) => [name, [null]]));
    const df = { ...unset, customer: [7], updated_at: [new Date(at).toISOString()], logins: [3] };
    const pushed = await api.post('/push', { push_source_name: 'profile_push', df });
    expect(pushed.status).toBe(200);
    for (const [feature, ttlMs] of [
      ['purchases:order_id_last_lifetime', PURCHASES.ttlMs],
      ['profile:logins', PROFILE.ttlMs],
    ] as const) {
      const statusAt = async (asOf: number): Promise<unknown> => {
        const { first } = await read({ features: [feature], entities: [{ customer_id: 7 }], asOf });
        return Object.values(first.statuses)[0];
      };
      expect(await statusAt(at + (ttlMs ?? 0))).toBe('PRESENT');
      expect(await statusAt(at + (ttlMs ?? 0) + 1)).toBe('OUTSIDE_MAX_AGE');
    }
  });

  it('finishes windows at the instant asked for', async () => {
    const asOf = new Date(NOW - 2_000 + HOUR_MS).toISOString();
    const { body, first } = await read({ service: 'fraud_detection', entities: [{ customer_id: 1 }], asOf });
    expect(body['asOf']).toBe(asOf);
    // The event that is exactly one hour old has left: windows are (t - length, t].
    expect(first.values).toMatchObject({ count_1h: 1, amount_sum_1h: 1 });
  });

  it('an instant before the newest event is refused and points at training sets', async () => {
    const { status, contentType, body } = await read({
      service: 'fraud_detection',
      entities: [{ customer_id: 404 }, { customer_id: 1 }],
      asOf: NOW - HOUR_MS,
    });
    expect(status).toBe(422);
    expect(contentType).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ code: 'AS_OF_TOO_EARLY', index: 1 });
  });

  it('an event ahead of this clock is served, as of its own time', async () => {
    const ahead = Date.now() + 300_000;
    await api.store(PURCHASES, ['5'], [{ at: ahead, values: { amount: 1 } }]);
    const { first } = await read({ features: ['purchases:count_1h'], entities: [{ customer_id: 5 }] });
    expect(first.values).toEqual({ count_1h: 1 });
    expect(first.asOf).toBe(new Date(ahead).toISOString());
  });

  it('explains every value on request', async () => {
    const { first, results } = await read({
      service: 'fraud_detection',
      entities: [{ customer_id: 1 }, { customer_id: 404 }],
      asOf: NOW,
      evidence: true,
    });
    expect(first.evidence?.['amount_sum_1h']).toMatchObject({
      window: { from: new Date(NOW - HOUR_MS).toISOString(), to: new Date(NOW).toISOString() },
      events: 2,
      exact: true,
      groupVersion: 2,
      freshnessMs: 1_000,
      newestEventTime: new Date(NOW - 1_000).toISOString(),
    });
    expect(results[1]?.evidence?.['amount_sum_1h']).toMatchObject({
      events: 0,
      exact: true,
      freshnessMs: null,
    });
  });

  it('says of a window over the newest events how many it holds', async () => {
    const { first } = await read({
      features: ['latest:amount_last2', 'purchases:amount_sum_1h', 'profile:logins'],
      entities: [{ customer_id: 1 }],
      asOf: NOW,
      evidence: true,
    });
    const evidence = first.evidence as Readonly<Record<string, { window: object }>>;
    const window = (feature: string) => evidence[feature]?.window;
    expect(window('amount_last2')).toEqual({ from: null, to: new Date(NOW).toISOString(), records: 2 });
    expect(window('logins')).toMatchObject({ records: 1 });
    expect(window('amount_sum_1h')).not.toHaveProperty('records');
  });

  it('a row may name several entities, and composite keys come in any order', async () => {
    const { first } = await read({
      service: 'trip_check',
      entities: [{ destination: 'LAX', origin: 'JFK', customer_id: 1, note: 'ignored' }],
    });
    expect(first.values).toEqual({ count_24h: 1, count_1h: 2 });
  });

  it('answers many rows in their order, also when they repeat', async () => {
    const entities = Array.from({ length: 100 }, (_, i) => ({ customer_id: i % 7 }));
    const { results } = await read({ features: ['purchases:count_1h'], entities });
    expect(results.map(({ entity }) => entity)).toEqual(entities);
    expect(results[1]?.values).toEqual(results[8]?.values);
  });

  it('a state that cannot be read costs its own group only', async () => {
    const partition = partitionName('customer', partitionOf('6', 16));
    await api.redis.hset(api.keys.actor(partition, '6'), 'purchases@2', 'no state at all');
    const { status, first } = await read({
      service: 'trip_check',
      entities: [{ origin: 'JFK', destination: 'LAX', customer_id: 6 }],
    });
    expect(status).toBe(200);
    expect(first.statuses).toEqual({ count_24h: 'PRESENT', count_1h: 'INVALID' });
    expect(first.values).toEqual({ count_24h: 1, count_1h: null });
    expect(Object.keys(first.faults ?? {})).toEqual(['purchases@2']);
  });
});

describe('wrong requests', () => {
  it.each([
    ['an unknown service', 404, 'UNKNOWN_SERVICE', { service: 'fraud_detecton', entities: [{}] }],
    ['an unknown group', 404, 'UNKNOWN_FEATURE', { features: ['purchase:count_1h'], entities: [{}] }],
    ['an unknown feature', 404, 'UNKNOWN_FEATURE', { features: ['purchases:count_2h'], entities: [{}] }],
    ['a missing join key', 422, 'ENTITY_KEY_MISSING', { service: 'fraud_detection', entities: [{}] }],
    [
      'a partial composite key',
      422,
      'ENTITY_KEY_MISSING',
      { service: 'trip_check', entities: [{ origin: 'JFK' }] },
    ],
    [
      'a join key of the wrong type',
      422,
      'ENTITY_KEY_TYPE',
      { service: 'fraud_detection', entities: [{ customer_id: 'one' }] },
    ],
    [
      'too many entities',
      413,
      'TOO_MANY_ENTITIES',
      { service: 'fraud_detection', entities: Array.from({ length: 101 }, () => ({})) },
    ],
    ['neither service nor features', 400, 'BAD_REQUEST', { entities: [{}] }],
    ['a body that is no object', 400, 'BAD_REQUEST', []],
    ['a body that is no JSON', 400, 'BODY_NOT_JSON', '{"service":'],
    ['an empty body', 400, 'BODY_NOT_JSON', ''],
  ])('%s is answered with a stable code', async (_what, status, code, body) => {
    const answer = await api.post('/v1/features', body);
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
    expect(answer.contentType).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  });

  it('unknown names are answered with the nearest', async () => {
    const { body } = await read({ service: 'fraud_detecton', entities: [{}] });
    expect(body['didYouMean']).toBe('fraud_detection');
  });

  it('other content types are refused', async () => {
    const response = await fetch(`${api.url}/v1/features`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(response.status).toBe(415);
  });
});

describe('the api process', () => {
  it('says that it is alive and ready, and how it is doing', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await api.get(path)).status).toBe(200);
    }
  });

  it('documents itself', async () => {
    const { body } = await api.get('/docs-json');
    expect(Object.keys(body['paths'] ?? {})).toContain('/v1/features');
    expect((await api.get('/docs')).status).toBe(200);
    expect((await api.get('/docs/swagger-ui.css')).status).toBe(200);
  });
});
