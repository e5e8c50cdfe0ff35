/** Runs a scenario through the window engine and the naive one, and says what differs. */
import { isDeepStrictEqual } from 'node:util';
import { compileGroup, FUNCTIONS } from '@millrace/core';
import type {
  AggregatedGroupPlan,
  Column,
  FeatureValue,
  GroupBatch,
  GroupEngine,
  InputPlan,
  Timeline,
  ValueEvidence,
  WindowPlan,
} from '@millrace/core';
import { NaiveGroup } from './naive-group.js';
import type { NaiveScalar, NaiveValue } from './naive-functions.js';
import type { Scenario } from './scenario.js';

/** A value that is settled for ever is looked at so much later. */
const SETTLED_MS_MAX = 4e10;

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
      const asOf = naive.newest + step.afterNewestMs;
      checkSettled(engine, timeline, asOf, checkRead(engine, timeline, naive, asOf, inOrder));
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
): readonly FeatureValue[] {
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
  return values;
}

/** What is said to stay is the same to the last bit until the instant given. */
function checkSettled(
  engine: GroupEngine,
  timeline: Timeline,
  asOf: number,
  values: readonly FeatureValue[],
): void {
  engine.plan.features.forEach((feature, index) => {
    const until = engine.settledUntil(timeline, asOf, [index]);
    const last = Math.min(until - 1, asOf + SETTLED_MS_MAX);
    for (const later of new Set([Math.floor((asOf + last) / 2), last])) {
      if (later <= asOf) continue;
      const found: FeatureValue[] = [];
      engine.finish(timeline, later, found);
      if (isDeepStrictEqual(found[index], values[index])) continue;
      throw new Error(
        `${show(feature)} is ${show(values[index])} as of ${asOf}, settled until ${until}, but ` +
          `${show(found[index])} as of ${later}`,
      );
    }
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
  const rows = naive.rowsOf(index, asOf).length;
  const expected = naive.valueOf(index, asOf);
  const slack = slackOf(plan, naive, index, asOf);
  const uncertain = evidence.uncertainEvents ?? 0;
  if (evidence.events < rows || evidence.events > rows + uncertain) {
    return `${evidence.events} rows, expected ${rows} to ${rows + uncertain}`;
  }
  if (evidence.exact) {
    if (!same(value, expected, slack)) return `${show(value)}, expected ${show(expected)}`;
    return undefined;
  }
  if (evidence.sketchError !== undefined && evidence.uncertainEvents === undefined) {
    return sketchFault(plan, naive, index, asOf, value);
  }
  if (naive.size <= plan.budget) return 'inexact although no more rows than the budget came';
  if (window.kind === 'sliding') {
    const lengthMs = window.lengthMs * (1 + plan.resolution);
    const stretched = variantOf(plan, naive, index, { kind: 'sliding', lengthMs });
    if (evidence.events > stretched.rowsOf(0, asOf).length)
      return 'the window reaches further back than the resolution allows';
  }
  if (evidence.valueBound !== undefined && feature.by === undefined) {
    const off = Math.abs(Number(value) - Number(expected));
    if (off > evidence.valueBound * (1 + 1e-12)) return `${show(value)} is ${off} from ${show(expected)}`;
  }
  if (!inOrder || feature.by !== undefined || feature.function.kind === 'rate') return undefined;
  // Rows came in order, so the engine saw the newest so many of them: then the value must be exactly theirs.
  const seen = variantOf(plan, naive, index, { kind: 'records', count: Math.max(1, evidence.events) });
  if (evidence.sketchError !== undefined) return sketchFault(plan, seen, 0, asOf, value);
  const expectedOfSeen = seen.valueOf(0, asOf);
  return same(value, expectedOfSeen, slack)
    ? undefined
    : `${show(value)}, expected of the rows seen ${show(expectedOfSeen)}`;
}

/** A quantile read from a sketch lies between its neighbours, each moved by the sketch's error. */
function sketchFault(
  plan: AggregatedGroupPlan,
  naive: NaiveGroup,
  index: number,
  asOf: number,
  value: FeatureValue,
): string | undefined {
  const { function: fn, input, by } = plan.features[index]!;
  if (fn.kind !== 'quantile' || by !== undefined) return undefined;
  const numbers = naive
    .rowsOf(index, asOf)
    .flatMap((row) => (row.values[input!] === null ? [] : Number(row.values[input!])))
    .toSorted((a, b) => a - b);
  if (numbers.length === 0) return value === null ? undefined : `${show(value)} of no values`;
  const rank = fn.q * (numbers.length - 1);
  const below = numbers[Math.floor(rank)]!;
  const above = numbers[Math.ceil(rank)]!;
  const error = 0.01 * (1 + 1e-9);
  const isInside =
    Number(value) >= below - error * Math.abs(below) && Number(value) <= above + error * Math.abs(above);
  return isInside ? undefined : `${show(value)}, expected ${below} to ${above} give or take 1 %`;
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

/** What rounding alone may change of a value near zero; undefined where integers must agree to the last bit. */
export function slackOf(
  plan: AggregatedGroupPlan,
  naive: NaiveGroup,
  index: number,
  asOf: number,
): number | undefined {
  const { function: fn, input } = plan.features[index]!;
  const isRounded = FUNCTIONS[fn.kind].result(input === undefined ? undefined : plan.inputs[input]!.type);
  if (!isRounded.startsWith('float')) return undefined;
  // A weighted mean of large values of both signs may come near zero; its rounding stays that of the values.
  if (fn.kind !== 'ewma') return 1e-12;
  const sizes = naive.rowsOf(index, asOf).map((row) => Math.abs(Number(row.values[input!])));
  return 1e-12 + 1e-9 * Math.max(0, ...sizes);
}

/** Doubles agree to 1e-9 or to the slack, all else to the last bit. */
export function same(
  actual: FeatureValue,
  expected: NaiveValue | FeatureValue,
  slack: number | undefined,
): boolean {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (slack === undefined) return actual === expected;
    return (
      Math.abs(actual - expected) <= Math.max(1e-9 * Math.max(Math.abs(actual), Math.abs(expected)), slack)
    );
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((item, i) => same(item, expected[i], slack));
  }
  if (isMap(actual) && isMap(expected)) {
    return (
      actual.map.length === expected.map.length &&
      actual.map.every(
        ([key, item], i) => key === expected.map[i]![0] && same(item, expected.map[i]![1], slack),
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
