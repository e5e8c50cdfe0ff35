import { describe, expect, test } from 'vitest';
import type { FunctionPlan } from '../plan/plan.js';
import { runTrial, trialPlan, type Trial, type TrialRow } from '../../../../test/oracle/trial.js';
import { DISTINCT_STANDARD_ERROR, EXACT_MAX } from './distinct.js';

const INPUTS = [
  { name: 'count', type: 'int' },
  { name: 'amount', type: 'float' },
  { name: 'place', type: 'string' },
] as const;
const LIFETIME = [{ kind: 'lifetime' }] as const;

function trialOf(fn: FunctionPlan, input: number, rows: readonly TrialRow[]): Trial {
  return runTrial(trialPlan(INPUTS, LIFETIME, [{ function: fn, input, window: 0 }]), rows);
}

function rowsOf(count: number, value: (i: number) => TrialRow['values']): TrialRow[] {
  return Array.from({ length: count }, (_, i) => ({ time: 1e12 + i * 10, values: value(i) }));
}

describe('numbers', () => {
  test('the variance of 10⁹ ± 1 does not cancel', () => {
    const rows = rowsOf(10_000, (i) => [null, 1e9 + (i % 2 === 0 ? 1 : -1), null]);
    const [variance] = trialOf({ kind: 'variance', population: true }, 1, rows).values();
    expect(variance).toBeCloseTo(1, 12);
  });

  test('a million times 0.1 sums to within 1e-9 of 100,000', () => {
    const rows = rowsOf(1_000_000, () => [null, 0.1, null]);
    const [sum] = trialOf({ kind: 'sum' }, 1, rows).values();
    expect(Math.abs(Number(sum) / 100_000 - 1)).toBeLessThan(1e-9);
  });

  test('integers stay exact beyond 2^53 through merges, as values and as sums', () => {
    const large = 2n ** 62n + 1n;
    const rows = rowsOf(1_000, (i) => [i % 2 === 0 ? large : -large + 2n, null, null]);
    expect(trialOf({ kind: 'sum' }, 0, rows).values()).toEqual([1_000]);
    expect(trialOf({ kind: 'max' }, 0, rows).values()).toEqual([large]);
    expect(trialOf({ kind: 'min' }, 0, rows).values()).toEqual([-large + 2n]);
  });

  test('what is not finite is null', () => {
    const rows = rowsOf(3, (i) => [null, [1, Infinity, -Infinity][i] ?? null, null]);
    expect(trialOf({ kind: 'sum' }, 1, rows).values()).toEqual([1]);
    expect(trialOf({ kind: 'count' }, 1, rows).values()).toEqual([1]);
  });
});

describe('sketches', () => {
  const random = seeded(7);

  test(`distinct counts are exact up to ${EXACT_MAX} merged values`, () => {
    const rows = rowsOf(5_000, (i) => [null, null, `user ${i % EXACT_MAX}`]);
    const trial = trialOf({ kind: 'distinct_count' }, 2, rows);
    expect(trial.values()).toEqual([EXACT_MAX]);
    expect(trial.evidence()[0]).toMatchObject({ exact: true });
  });

  test.each([2_000, 20_000, 100_000])(
    'of %i distinct values the estimate is within four standard errors',
    (users) => {
      const rows = rowsOf(users * 2, (i) => [null, null, `user ${i % users}`]);
      const trial = trialOf({ kind: 'distinct_count' }, 2, rows);
      const [count] = trial.values();
      expect(Math.abs(Number(count) / users - 1)).toBeLessThan(4 * DISTINCT_STANDARD_ERROR);
      expect(trial.evidence()[0]).toMatchObject({ exact: false, sketchError: DISTINCT_STANDARD_ERROR });
    },
  );

  test('a sketched distinct count knows each window, not only the whole', () => {
    const windows = [1_000, 10_000, 100_000].map((lengthMs) => ({ kind: 'sliding', lengthMs }) as const);
    const features = windows.map(
      (_, window) => ({ function: { kind: 'distinct_count' }, input: 2, window }) as const,
    );
    const rows = Array.from({ length: 60_000 }, (_, i) => ({
      time: 1e12 + i,
      values: [null, null, `user ${Math.floor(random() * 30_000)}`],
    }));
    const counts = runTrial(trialPlan(INPUTS, windows, features), rows).values();
    [1_000, 10_000, 60_000].forEach((length, i) => {
      const expected = new Set(rows.slice(-length).map((row) => row.values[2])).size;
      expect(Math.abs(Number(counts[i]) / expected - 1)).toBeLessThan(4 * DISTINCT_STANDARD_ERROR);
    });
  });

  test('quantiles of any size and sign are within one percent', () => {
    const values = Array.from({ length: 20_000 }, () => (random() - 0.3) * 10 ** (random() * 40 - 20));
    const sorted = values.toSorted((a, b) => a - b);
    for (const q of [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1]) {
      const [value] = trialOf(
        { kind: 'quantile', q },
        1,
        rowsOf(values.length, (i) => [null, values[i]!, null]),
      ).values();
      const exact = sorted[Math.round(q * (values.length - 1))]!;
      expect(Math.abs(Number(value) - exact)).toBeLessThan(0.0101 * Math.abs(exact) + 1e-300);
    }
  });

  test('the most frequent of ten thousand values are found, and the uncounted share is stated', () => {
    const rows = rowsOf(50_000, () => [
      null,
      null,
      random() < 0.3 ? `often ${Math.floor(random() * 3)}` : `once ${Math.floor(random() * 10_000)}`,
    ]);
    const trial = trialOf({ kind: 'top_k', k: 3 }, 2, rows);
    expect((trial.values()[0] as string[]).toSorted()).toEqual(['often 0', 'often 1', 'often 2']);
    expect(trial.evidence()[0]!.sketchError).toBeGreaterThan(0);
    expect(trial.evidence()[0]!.sketchError).toBeLessThan(1);
  });
});

describe('an empty window', () => {
  test.each<[FunctionPlan, unknown]>([
    [{ kind: 'count' }, 0],
    [{ kind: 'sum' }, 0],
    [{ kind: 'distinct_count' }, 0],
    [{ kind: 'rate', perMs: 1_000 }, 0],
    [{ kind: 'mean' }, null],
    [{ kind: 'min' }, null],
    [{ kind: 'last' }, null],
    [{ kind: 'stddev', population: true }, null],
    [{ kind: 'quantile', q: 0.5 }, null],
    [{ kind: 'entropy' }, null],
    [{ kind: 'ewma', halfLifeMs: 1_000 }, null],
    [{ kind: 'seconds_since_last' }, null],
    [{ kind: 'first_k', k: 3 }, null],
    [{ kind: 'last_k', k: 3 }, null],
    [{ kind: 'last_distinct_k', k: 3 }, null],
    [{ kind: 'top_k', k: 3 }, null],
    [{ kind: 'histogram', edges: [0, 1] }, [0, 0, 0]],
  ])('gives for %j: %j', (fn, expected) => {
    expect(trialOf(fn, 0, []).values(1e12)).toEqual([expected]);
  });

  test('gives null instead of a map without categories, even of counts', () => {
    const plan = trialPlan(INPUTS, LIFETIME, [{ function: { kind: 'count' }, by: 2, window: 0 }]);
    expect(runTrial(plan, []).values(1e12)).toEqual([null]);
    expect(runTrial(plan, [{ time: 1e12, values: [1, 1, null] }]).values()).toEqual([null]);
  });

  test('has no list either where rows came but all their values are null', () => {
    const rows = rowsOf(3, () => [null, null, null]);
    expect(trialOf({ kind: 'last_k', k: 3 }, 2, rows).values()).toEqual([null]);
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8) / 2 ** 24;
}
