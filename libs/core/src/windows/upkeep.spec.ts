import { describe, expect, test } from 'vitest';
import { runTrial, trialPlan, type TrialRow } from '../../../../test/oracle/trial.js';
import { CATEGORIES_MAX } from './division.js';

const HOUR = 3_600_000;
const INPUTS = [
  { name: 'amount', type: 'float' },
  { name: 'country', type: 'string' },
] as const;
const FOUR_WINDOWS = [60_000, 600_000, HOUR, 24 * HOUR].map(
  (lengthMs) => ({ kind: 'sliding', lengthMs }) as const,
);
const COUNTS = FOUR_WINDOWS.map((_, window) => ({ function: { kind: 'count' }, window }) as const);

function rowsEvery(stepMs: number, count: number): TrialRow[] {
  return Array.from({ length: count }, (_, i) => ({ time: 1e12 + i * stepMs, values: [i, `c${i % 100}`] }));
}

describe('a timeline', () => {
  test('of no more rows than its budget is exact to the millisecond', () => {
    const trial = runTrial(trialPlan(INPUTS, FOUR_WINDOWS, COUNTS), rowsEvery(600_000, 128));
    for (let ms = 0; ms < 600_000; ms += 7_919) {
      expect(trial.evidence(trial.timeline.newest + ms).every((evidence) => evidence.exact)).toBe(true);
    }
  });

  test('of 432,000 rows in half a day stays below 24 KB, its windows off by at most a 64th', () => {
    const trial = runTrial(trialPlan(INPUTS, FOUR_WINDOWS, COUNTS), rowsEvery(100, 432_000));
    expect(trial.engine.encode(trial.timeline).length).toBeLessThan(24 * 1024);
    const asOf = trial.timeline.newest + 33;
    const counts = trial.values(asOf).map(Number);
    const evidence = trial.evidence(asOf);
    [600, 6_000, 36_000, 432_000].forEach((expected, i) => {
      expect(counts[i]! - expected).toBeLessThanOrEqual(expected / 64 + 1);
      expect(Math.abs(counts[i]! - expected)).toBeLessThanOrEqual((evidence[i]!.valueBound ?? 0) + 1);
    });
  });

  test('forgets rows that no window sees, and calls later ones of that age too late', () => {
    const rows = [...rowsEvery(1_000, 20), { time: 1e12 + 48 * HOUR, values: [1, null] }];
    const late = [
      { time: 1e12 + 24 * HOUR, values: [1, null] },
      { time: 1e12 + 24 * HOUR + 1, values: [1, null] },
    ];
    const trial = runTrial(trialPlan(INPUTS, FOUR_WINDOWS, COUNTS), [...rows, ...late]);
    expect(trial.outcomes.slice(-2)).toEqual(['too-late', 'applied']);
    expect(trial.values()).toEqual([1, 1, 1, 2]);
  });
});

test('a row exactly as old as the window has left, one at the instant of the read counts', () => {
  const plan = trialPlan(
    INPUTS,
    [{ kind: 'sliding', lengthMs: 1_000 }],
    [{ function: { kind: 'count' }, window: 0 }],
  );
  const trial = runTrial(plan, [
    { time: 5_000, values: [1, null] },
    { time: 6_000, values: [1, null] },
  ]);
  expect(trial.values(6_000)).toEqual([1]);
  expect(trial.values(6_999)).toEqual([1]);
  expect(trial.values(7_000)).toEqual([0]);
});

test('among equal times the first to arrive is the first, the last to arrive the last', () => {
  const features = (['first', 'last'] as const).map((kind) => ({ function: { kind }, input: 1, window: 0 }));
  const rows = ['a', 'b', 'c'].map((country) => ({ time: 5_000, values: [1, country] }));
  expect(runTrial(trialPlan(INPUTS, [{ kind: 'lifetime' }], features), rows).values()).toEqual(['a', 'c']);
});

test(`more than ${CATEGORIES_MAX} categories are counted as uncertain, not dropped in silence`, () => {
  const plan = trialPlan(INPUTS, [{ kind: 'lifetime' }], [{ function: { kind: 'count' }, by: 1, window: 0 }]);
  const trial = runTrial(plan, rowsEvery(1_000, 1_000));
  const value = trial.values()[0] as { map: [string, number][] };
  expect(value.map).toHaveLength(CATEGORIES_MAX);
  expect(value.map.every(([, count]) => count === 10)).toBe(true);
  expect(trial.evidence()[0]).toMatchObject({ exact: false, events: 1_000, uncertainEvents: 680 });
});
