/**
 * Random definitions, streams and reads for the window engine, and the check of each against the naive one.
 * A scenario is a few lists of small numbers, each decoded into a choice: cheap to make, and a failing one
 * shrinks to the few windows, features and steps that matter.
 */
import fc from 'fast-check';
import { compileGroup, FUNCTIONS } from '@millrace/core';
import type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  Column,
  FeatureValue,
  FunctionKind,
  FunctionPlan,
  GroupBatch,
  GroupEngine,
  InputPlan,
  Timeline,
  ValueEvidence,
  WindowPlan,
} from '@millrace/core';
import { NaiveGroup } from './naive-group.js';
import type { NaiveScalar, NaiveValue } from './naive-functions.js';

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
  return {
    name: `f${index}`,
    type: 'float',
    function: fn,
    window: choices.below(windows),
    ...(input === undefined ? {} : { input }),
    ...(filter === undefined ? {} : { filter }),
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

/** Rows in the columns that the engine reads. */
export function batchOf(
  inputs: readonly InputPlan[],
  rows: readonly { time: number; values: readonly NaiveScalar[]; passes: readonly boolean[] }[],
): GroupBatch {
  const columns = inputs.map(({ type }, input): Column => {
    const cells = rows.map((row) => row.values[input] ?? null);
    if (type === 'string')
      return { kind: 'string', values: cells.map((cell) => (cell === null ? null : String(cell))) };
    const wide = new Map<number, bigint>();
    cells.forEach((cell, row) => typeof cell === 'bigint' && wide.set(row, cell));
    const values = Float64Array.from(cells, (cell) => (cell === null ? NaN : Number(cell)));
    return wide.size > 0 ? { kind: 'number', values, wide } : { kind: 'number', values };
  });
  const filterCount = rows[0]?.passes.length ?? 0;
  return {
    size: rows.length,
    eventTime: Float64Array.from(rows, (row) => row.time),
    columns,
    filters: Array.from({ length: filterCount }, (_, f) =>
      Uint8Array.from(rows, (row) => (row.passes[f] ? 1 : 0)),
    ),
  };
}

/** Runs a scenario through both engines; throws an error that says what differs. */
export function checkScenario({ plan, steps }: Scenario): void {
  const engine = compileGroup(plan);
  const naive = new NaiveGroup(plan);
  const events = steps.filter((step) => step.kind === 'event');
  const batch = batchOf(plan.inputs, events);
  const inOrder = events.every((event, i) => i === 0 || event.time >= events[i - 1]!.time);
  /** Never stored, so that storing at random points must not change a byte. */
  const untouched = engine.create();
  let timeline = engine.create();
  let row = 0;
  for (const step of steps) {
    if (step.kind === 'event') {
      const expected = naive.isTooLate(step.time) ? 'too-late' : 'applied';
      const outcome = engine.apply(timeline, batch, row);
      engine.apply(untouched, batch, row);
      row++;
      if (outcome !== expected) throw new Error(`A row at ${step.time} was ${outcome}, expected ${expected}`);
      if (expected === 'applied') naive.add(step.time, step.values, step.passes);
    } else if (step.kind === 'store') {
      timeline = stored(engine, timeline);
    } else if (naive.size > 0) {
      checkRead(engine, timeline, naive, naive.newest + step.afterNewestMs, inOrder);
    }
  }
  if (!sameBytes(engine.encode(timeline), engine.encode(untouched))) {
    throw new Error('Storing and loading on the way changed the state');
  }
}

function stored(engine: GroupEngine, timeline: Timeline): Timeline {
  const bytes = engine.encode(timeline);
  const loaded = engine.decode(bytes);
  if (!sameBytes(engine.encode(loaded), bytes)) throw new Error('A loaded state encodes to other bytes');
  return loaded;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function checkRead(
  engine: GroupEngine,
  timeline: Timeline,
  naive: NaiveGroup,
  asOf: number,
  inOrder: boolean,
): void {
  const values: FeatureValue[] = [];
  engine.finish(timeline, asOf, values);
  const evidence = engine.evidence(timeline, asOf);
  engine.plan.features.forEach((feature, index) => {
    const fault = faultOf(engine.plan, naive, index, asOf, values[index]!, evidence[index]!, inOrder);
    if (!fault) return;
    const { fn, window } = { fn: feature.function, window: engine.plan.windows[feature.window]! };
    throw new Error(
      `${show(fn)} of input ${feature.input} where ${feature.filter} by ${feature.by} over ${show(window)} as of ${asOf}: ` +
        `${fault}; evidence ${show(evidence[index])}`,
    );
  });
}

function faultOf(
  plan: AggregatedGroupPlan,
  naive: NaiveGroup,
  index: number,
  asOf: number,
  value: FeatureValue,
  evidence: ValueEvidence,
  inOrder: boolean,
): string | undefined {
  const feature = plan.features[index]!;
  const window = plan.windows[feature.window]!;
  const rows = naive.rowsOf(index, asOf);
  const expected = naive.valueOf(index, asOf);
  const inputType = feature.input === undefined ? undefined : plan.inputs[feature.input]!.type;
  const exactly = !FUNCTIONS[feature.function.kind].result(inputType).startsWith('float');
  if (evidence.exact) {
    if (evidence.events !== rows) return `${evidence.events} rows, expected exactly ${rows}`;
    if (!same(value, expected, exactly)) return `${show(value)}, expected ${show(expected)}`;
    return undefined;
  }
  if (naive.size <= plan.budget) return 'inexact although no more rows than the budget came';
  const uncertain = evidence.uncertainEvents ?? 0;
  if (evidence.events < rows || evidence.events > rows + uncertain) {
    return `${evidence.events} rows, expected ${rows} to ${rows + uncertain}`;
  }
  if (window.kind === 'sliding') {
    const lengthMs = window.lengthMs * (1 + plan.resolution);
    const stretched = variantOf(plan, naive, index, { kind: 'sliding', lengthMs });
    if (evidence.events > stretched.rowsOf(0, asOf))
      return 'the window reaches further back than the resolution allows';
  }
  if (evidence.valueBound !== undefined) {
    const off = Math.abs(Number(value) - Number(expected));
    if (off > evidence.valueBound * (1 + 1e-12)) return `${show(value)} is ${off} from ${show(expected)}`;
  }
  if (!inOrder || feature.function.kind === 'rate') return undefined;
  // Rows came in order, so the engine saw the newest so many of them: then the value must be exactly theirs.
  const seen = variantOf(plan, naive, index, { kind: 'records', count: Math.max(1, evidence.events) });
  const expectedOfSeen = seen.valueOf(0, asOf);
  return same(value, expectedOfSeen, exactly)
    ? undefined
    : `${show(value)}, expected of the rows seen ${show(expectedOfSeen)}`;
}

/** The same rows and the one feature under another window. */
function variantOf(
  plan: AggregatedGroupPlan,
  naive: NaiveGroup,
  index: number,
  window: WindowPlan,
): NaiveGroup {
  return naive.withPlan({
    inputs: plan.inputs,
    windows: [window],
    features: [{ ...plan.features[index]!, window: 0 }],
  });
}

/** To the last bit where `exactly` (integers); doubles to 1e-9. */
export function same(actual: FeatureValue, expected: NaiveValue | FeatureValue, exactly: boolean): boolean {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (exactly) return actual === expected;
    // Differences of values near 10⁹ leave 10⁹ × 2^-52 of rounding in the expected value itself.
    return (
      Math.abs(actual - expected) <= Math.max(1e-9 * Math.max(Math.abs(actual), Math.abs(expected)), 1e-12)
    );
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((item, i) => same(item, expected[i], exactly));
  }
  if (isMap(actual) && isMap(expected)) {
    return (
      actual.map.length === expected.map.length &&
      actual.map.every(
        ([key, item], i) => key === expected.map[i]![0] && same(item, expected.map[i]![1], exactly),
      )
    );
  }
  return actual === expected;
}

function isMap(value: unknown): value is { map: readonly (readonly [string, FeatureValue])[] } {
  return typeof value === 'object' && value !== null && 'map' in value;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
}
