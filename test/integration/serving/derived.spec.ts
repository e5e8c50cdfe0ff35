import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAN, PURCHASES } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

const NOW = Date.now();
let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN);
  await api.store(
    PURCHASES,
    ['1'],
    [
      { at: NOW - 2_000, values: { amount: 2, shop: 'west' } },
      { at: NOW - 1_000, values: { amount: 1 } },
    ],
  );
});

afterAll(() => api.stop());

const read = (body: object) => api.post('/v1/features', body);

describe('derived features', () => {
  it('are computed from stored features and from the request', async () => {
    const { first } = await read({
      features: ['risk:amount_to_mean', 'risk:frequency'],
      entities: [{ customer_id: 1 }],
      request: [{ amount: 30 }],
    });
    expect(first.values).toEqual({ amount_to_mean: 20, frequency: 0.5 });
    expect(first.statuses).toEqual({ amount_to_mean: 'PRESENT', frequency: 'PRESENT' });
    expect(first.eventTimes['frequency']).toBe(new Date(NOW - 1_000).toISOString());
  });

  it('may read other derived features, which the answer need not hold', async () => {
    const { first } = await read({ features: ['verdict'], entities: [{ customer_id: 1 }] });
    expect(first.values).toEqual({ suspicious: true });
  });

  it('a request field that no asked feature reads may be absent; one that is read may not', async () => {
    const asked = (features: string[]) => read({ features, entities: [{ customer_id: 1 }] });
    expect((await asked(['risk:frequency'])).status).toBe(200);
    const { status, body } = await asked(['risk:amount_to_mean']);
    expect({ status, code: body['code'] }).toEqual({ status: 422, code: 'REQUEST_FIELD_MISSING' });
  });

  it('a request field of the wrong type is refused', async () => {
    const { status, body } = await read({
      features: ['risk:amount_to_mean'],
      entities: [{ customer_id: 1 }],
      request: [{ amount: 'much' }],
    });
    expect({ status, code: body['code'] }).toEqual({ status: 422, code: 'REQUEST_FIELD_TYPE' });
  });

  it('null propagates, and says what was missing', async () => {
    const { first } = await read({
      features: ['risk:amount_to_mean', 'risk:frequency', 'risk:loud_shop'],
      entities: [{ customer_id: 404 }],
      request: [{ amount: 30 }],
    });
    expect(first.values).toEqual({ amount_to_mean: null, frequency: 0, loud_shop: 'nowhere!' });
    expect(first.statuses).toMatchObject({ amount_to_mean: 'NOT_FOUND', frequency: 'PRESENT' });
  });

  it('a default stands in for a null, and the status still tells what was found', async () => {
    const { first } = await read({
      features: ['risk:score', 'verdict'],
      entities: [{ customer_id: 1 }],
      asOf: NOW + 400 * 86_400_000,
    });
    expect(first.values).toEqual({ score: -1, suspicious: false });
    expect(first.statuses).toEqual({ score: 'OUTSIDE_MAX_AGE', suspicious: 'PRESENT' });
  });

  it('evidence names what they were computed from', async () => {
    const { first } = await read({
      features: ['risk:frequency'],
      entities: [{ customer_id: 1 }],
      asOf: NOW,
      evidence: true,
    });
    expect(first.evidence?.['frequency']).toEqual({
      derivedFrom: ['purchases@2:count_1h'],
      group: 'risk',
      groupVersion: 3,
      freshnessMs: 1_000,
      newestEventTime: new Date(NOW - 1_000).toISOString(),
    });
  });
});
