/**
 * Random definitions, streams and reads for the window engine.
 * A scenario is a few lists of small numbers, each decoded into a choice: cheap to make, and a failing one
 * shrinks to the few windows, features and steps that matter.
 */
import fc from 'fast-check';
import { FUNCTIONS } from '@millrace/core';
import type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  FunctionKind,
  FunctionPlan,
  InputPlan,
  WindowPlan,
} from '@millrace/core';
import type { NaiveScalar } from './naive-functions.js';

export interface Scenario {
  readonly plan: AggregatedGroupPlan;
  readonly steps: readonly Step[];
}

export type Step =
  | {
      readonly kind: 'event';
      readonly time: number;
      readonly values: readonly NaiveScalar[];
      readonly passes: readonly boolean[];
    }
  | { readonly kind: 'read'; readonly afterNewestMs: number }
  | { readonly kind: 'store' };

const INPUTS: readonly InputPlan[] = [
  { name: 'points', type: 'int' },
  { name: 'amount', type: 'float' },
  { name: 'flagged', type: 'bool' },
  { name: 'seen_at', type: 'timestamp' },
  { name: 'city', type: 'string' },
];
const INT = 0;
const FLOAT = 1;
const BOOL = 2;
const STRING = 4;
const NUMBERS = [INT, FLOAT, BOOL];
const ORDERED = [INT, FLOAT, BOOL, 3];
const SCALARS = [INT, FLOAT, BOOL, 3, STRING];

const LENGTHS_MS = [
  1_000, 2_500, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 604_800_000, 315_360_000_000,
];
/** Distances between events: bursts, equal times, steady flow, pauses, and events far apart. */
const GAPS_MS = [
  0, 0, 1, 1, 7, 100, 400, 999, 1_000, 2_500, 9_000, 60_000, 500_000, 3_600_000, 86_400_000, 4e10,
];
/** The morning of a day on which clocks change in Europe: the engine must not notice. */
const BEGINNING = Date.UTC(2024, 2, 31, 0, 59, 58);
const CITIES = ['Oslo', 'Lima', 'Ōsaka', '', 'a fairly long name of a city 🏙'];

/** Spreads one number into independent choices. */
class Choices {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state ^ (this.state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(this.state ^ (this.state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
  }

  of<T>(options: readonly T[]): T {
    return options[this.below(options.length)]!;
  }
}

export const ALL_KINDS = Object.keys(FUNCTIONS) as FunctionKind[];
export const ALL_WINDOWS: readonly WindowPlan['kind'][] = [
  'sliding',
  'lifetime',
  'tumbling',
  'session',
  'records',
];

export interface ScenarioLimits {
  readonly kinds: readonly FunctionKind[];
  readonly windows: readonly WindowPlan['kind'][];
  readonly stepsMax: number;
}

export function scenarios(limits: ScenarioLimits): fc.Arbitrary<Scenario> {
  const choice = fc.nat(2 ** 31 - 1);
  return fc
    .record({
      windows: fc.array(choice, { minLength: 1, maxLength: 4 }),
      features: fc.array(choice, { minLength: 1, maxLength: 6 }),
      steps: fc.array(choice, { minLength: 1, maxLength: limits.stepsMax, size: 'max' }),
      budget: fc.integer({ min: 2, max: 24 }),
      stream: choice,
    })
    .map(({ windows, features, steps, budget, stream }) => {
      const plan = planFrom(windows, features, budget, stream, limits);
      return { plan, steps: stepsFrom(steps, stream) };
    });
}

function planFrom(
  windowChoices: readonly number[],
  featureChoices: readonly number[],
  budget: number,
  stream: number,
  limits: ScenarioLimits,
): AggregatedGroupPlan {
  const windows = windowChoices.map((seed) => windowFrom(new Choices(seed), limits.windows));
  return {
    kind: 'aggregated',
    name: 'scenario',
    version: 1,
    entity: 'thing',
    source: 'events',
    keyFields: ['id'],
    derive: [],
    inputs: INPUTS,
    filters: ['flagged', 'amount > 0'],
    windows,
    features: featureChoices.map((seed, i) =>
      featureFrom(new Choices(seed), i, windows.length, limits.kinds),
    ),
    budget,
    resolution: new Choices(stream).of([1 / 64, 1 / 8, 1 / 2]),
  };
}

function windowFrom(choices: Choices, kinds: readonly WindowPlan['kind'][]): WindowPlan {
  const kind = choices.of(kinds);
  const lengthMs = choices.of(LENGTHS_MS);
  switch (kind) {
    case 'lifetime':
      return { kind };
    case 'sliding':
      return { kind, lengthMs };
    case 'tumbling':
      return { kind, lengthMs, offsetMs: choices.of([0, 0, 1, Math.floor(lengthMs / 3)]) };
    case 'records': {
      const count = choices.of([1, 2, 5, 13]);
      return choices.below(2) === 0 ? { kind, count } : { kind, count, withinMs: lengthMs };
    }
    case 'session': {
      const gapMs = Math.max(1, Math.floor(lengthMs / choices.of([2, 7, 30])));
      return { kind, gapMs, longestMs: lengthMs };
    }
  }
}

function featureFrom(
  choices: Choices,
  index: number,
  windows: number,
  kinds: readonly FunctionKind[],
): AggregatedFeaturePlan {
  const { fn, input } = functionFrom(choices, choices.of(kinds));
  const filter = choices.of([undefined, undefined, 0, 1]);
  const by = choices.of([undefined, undefined, undefined, BOOL, STRING]);
  return {
    name: `f${index}`,
    type: 'float',
    function: fn,
    window: choices.below(windows),
    ...(input === undefined ? {} : { input }),
    ...(filter === undefined ? {} : { filter }),
    ...(by === undefined ? {} : { by }),
  };
}

function functionFrom(choices: Choices, kind: FunctionKind): { fn: FunctionPlan; input: number | undefined } {
  switch (kind) {
    case 'count':
    case 'seconds_since_last':
      return { fn: { kind }, input: choices.of([undefined, ...SCALARS]) };
    case 'rate':
      return {
        fn: { kind, perMs: choices.of([1_000, 60_000, 3_600_000]) },
        input: choices.of([undefined, ...SCALARS]),
      };
    case 'sum':
    case 'mean':
    case 'skew':
    case 'kurtosis':
      return { fn: { kind }, input: choices.of(NUMBERS) };
    case 'variance':
    case 'stddev':
      return { fn: { kind, population: choices.below(2) === 0 }, input: choices.of(NUMBERS) };
    case 'min':
    case 'max':
      return { fn: { kind }, input: choices.of(ORDERED) };
    case 'first':
    case 'last':
    case 'distinct_count':
    case 'entropy':
      return { fn: { kind }, input: choices.of(SCALARS) };
    case 'first_k':
    case 'last_k':
    case 'last_distinct_k':
    case 'top_k':
      return { fn: { kind, k: choices.of([1, 2, 5]) }, input: choices.of([INT, FLOAT, STRING]) };
    case 'quantile':
      return { fn: { kind, q: choices.of([0, 0.25, 0.5, 0.95, 1]) }, input: choices.of(NUMBERS) };
    case 'histogram':
      return { fn: { kind, edges: choices.of([[0], [0, 10, 100], [-5, 0.5]]) }, input: choices.of(NUMBERS) };
    case 'ewma':
      return {
        fn: { kind, halfLifeMs: choices.of([1_000, 60_000, 86_400_000]) },
        input: choices.of(NUMBERS),
      };
    case 'min_by':
    case 'max_by':
      return { fn: { kind, by: choices.of(ORDERED) }, input: choices.of(SCALARS) };
    case 'ratio':
      return { fn: { kind, to: choices.of(NUMBERS) }, input: choices.of(NUMBERS) };
  }
}

function stepsFrom(seeds: readonly number[], stream: number): Step[] {
  const style = new Choices(stream);
  // One stream in three comes in order; of the others up to every second event is late.
  const lateOneIn = style.of([0, 20, 2]);
  const gaps = style.of([GAPS_MS, GAPS_MS.slice(0, 6), GAPS_MS.slice(4, 12)]);
  const steps: Step[] = [];
  let newest = BEGINNING;
  for (const seed of seeds) {
    const choices = new Choices(seed);
    const action = choices.below(12);
    if (action === 0) {
      steps.push({ kind: 'read', afterNewestMs: choices.below(3) === 0 ? 0 : choices.of(GAPS_MS) });
    } else if (action === 1) {
      steps.push({ kind: 'store' });
    } else {
      const gap = choices.of(gaps);
      const isLate = lateOneIn > 0 && choices.below(lateOneIn) === 0;
      const time = isLate ? newest - gap : newest + gap;
      newest = Math.max(newest, time);
      const values = valuesFrom(choices);
      steps.push({ kind: 'event', time, values, passes: [choices.below(2) === 0, choices.below(5) === 0] });
    }
  }
  steps.push(
    { kind: 'read', afterNewestMs: 0 },
    { kind: 'store' },
    { kind: 'read', afterNewestMs: style.of(GAPS_MS) },
  );
  return steps;
}

function valuesFrom(choices: Choices): NaiveScalar[] {
  const orNull = <T extends NaiveScalar>(value: T): T | null => (choices.below(6) === 0 ? null : value);
  const wide = choices.of([2n ** 53n + 1n, -(2n ** 62n) + 7n, 2n ** 63n - 1n, -(2n ** 53n) - 3n]);
  return [
    orNull(choices.below(10) === 0 ? wide : choices.below(40) - 20),
    orNull(choices.of([1e9, 0, 0.1, -3.7, 1e-6]) + choices.below(1000) / 7),
    orNull(choices.below(2) === 0),
    orNull(BEGINNING + choices.below(1_000_000)),
    orNull(choices.of(CITIES)),
  ];
}
