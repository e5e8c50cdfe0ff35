import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DerivedGroupPlan } from '@millrace/core';
import { PLAN, PURCHASES } from './customer-plan.js';
import { runApi, type RunningApi } from './running-api.js';

const NOW = Date.now();

/** Two features that have nothing in common but their group. */
const PAIR: DerivedGroupPlan = {
  name: 'pair',
  version: 1,
  inputs: [
    { group: 'purchases', version: 2 },
    { group: 'profile', version: 1 },
  ],
  requestFields: [{ name: 'note', type: 'string' }],
  features: [
    { name: 'typed', type: 'int', expression: 'int(note)' },
    { name: 'half_mean', type: 'float', expression: 'amount_mean_1h / 2' },
    { name: 'half_logins', type: 'float', expression: 'logins / 2', default: 7 },
  ],
};

let api: RunningApi;

beforeAll(async () => {
  api = await runApi({ ...PLAN, derivedGroups: [...PLAN.derivedGroups, PAIR] });
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

  it('each has the status, event time and evidence of what it is computed from itself', async () => {
    const { first } = await read({
      features: ['pair'],
      entities: [{ customer_id: 1 }],
      request: [{ note: null }],
      asOf: NOW,
      evidence: true,
    });
    expect(first.values).toEqual({ typed: null, half_mean: 0.75, half_logins: 7 });
    expect(first.statuses).toEqual({
      typed: 'NULL_VALUE',
      half_mean: 'PRESENT',
      half_logins: 'NOT_FOUND',
    });
    const newest = new Date(NOW - 1_000).toISOString();
    expect(first.eventTimes).toEqual({ typed: null, half_mean: newest, half_logins: null });
    expect(first.evidence).toMatchObject({
      typed: { derivedFrom: [], freshnessMs: null },
      half_mean: { derivedFrom: ['purchases@2:amount_mean_1h'], freshnessMs: 1_000 },
      half_logins: { derivedFrom: ['profile@1:logins'], freshnessMs: null },
    });
  });

  it('an expression that cannot go on costs only its own value, and says why', async () => {
    const { first } = await read({
      features: ['pair'],
      entities: [{ customer_id: 1 }],
      request: [{ note: 'many' }],
    });
    expect(first.statuses).toEqual({
      typed: 'INVALID',
      half_mean: 'PRESENT',
      half_logins: 'NOT_FOUND',
    });
    expect(first.faults).toEqual({ 'pair@1': 'typed: int: cannot read "many" as a number' });
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
