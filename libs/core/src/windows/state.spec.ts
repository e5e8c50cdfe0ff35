import { describe, expect, test } from 'vitest';
import type { AggregatedGroupPlan, FunctionPlan } from '../plan/plan.js';
import { batchOf } from '../../../../test/oracle/scenario-check.js';
import { CorruptStateError } from './state-reader.js';
import { compileGroup } from './compiled-group.js';
import type { FeatureValue, Timeline } from './engine.js';

const FUNCTIONS_TRIED: FunctionPlan[] = [
  { kind: 'sum' },
  { kind: 'mean' },
  { kind: 'max' },
  { kind: 'stddev', population: false },
  { kind: 'last' },
];

const plan: AggregatedGroupPlan = {
  kind: 'aggregated',
  name: 'card_payments',
  version: 1,
  entity: 'card',
  source: 'payments',
  keyFields: ['card'],
  derive: [],
  inputs: [
    { name: 'amount', type: 'float' },
    { name: 'country', type: 'string' },
  ],
  filters: [],
  windows: [{ kind: 'sliding', lengthMs: 60_000 }, { kind: 'lifetime' }],
  features: [
    ...FUNCTIONS_TRIED.map(
      (fn, i) => ({ name: `f${i}`, type: 'float', function: fn, input: 0, window: i % 2 }) as const,
    ),
    { name: 'country', type: 'string', function: { kind: 'last' }, input: 1, window: 1 },
  ],
  budget: 8,
  resolution: 1 / 8,
};
const engine = compileGroup(plan);

function timelineOf(rows: number): Timeline {
  const batch = batchOf(
    plan.inputs,
    Array.from({ length: rows }, (_, i) => ({
      time: 1e12 + i * 777,
      values: [i / 3, `c${i % 3}`],
      passes: [],
    })),
  );
  const timeline = engine.create();
  for (let row = 0; row < rows; row++) engine.apply(timeline, batch, row);
  return timeline;
}

function valuesOf(timeline: Timeline): FeatureValue[] {
  const values: FeatureValue[] = [];
  engine.finish(timeline, 1e12 + 1e6, values);
  return values;
}

describe.each([0, 5, 200])('the state of %i rows', (rows) => {
  const timeline = timelineOf(rows);
  const bytes = engine.encode(timeline);

  test('comes back with the same values and the same bytes', () => {
    const loaded = engine.decode(bytes);
    expect(valuesOf(loaded)).toEqual(valuesOf(timeline));
    expect(engine.encode(loaded)).toEqual(bytes);
  });

  test('is refused when it is cut off anywhere', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => engine.decode(bytes.subarray(0, length)), `${length} bytes`).toThrow(CorruptStateError);
    }
  });

  test('is refused when any one bit is flipped', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => engine.decode(damaged), `bit ${bit}`).toThrow(CorruptStateError);
    }
  });

  test('is refused when bytes follow it', () => {
    expect(() => engine.decode(Uint8Array.from([...bytes, 0]))).toThrow(CorruptStateError);
  });
});

test('a state of another definition is refused', () => {
  const other = compileGroup({
    ...plan,
    windows: [{ kind: 'sliding', lengthMs: 61_000 }, { kind: 'lifetime' }],
  });
  expect(() => other.decode(engine.encode(timelineOf(5)))).toThrow(/another definition/);
});

test('a read before the newest event is refused', () => {
  const timeline = timelineOf(5);
  expect(() => engine.finish(timeline, timeline.newest - 1, [])).toThrow(/newest event/);
});
