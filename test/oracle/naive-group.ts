/**
 * The naive engine: keeps every row and recomputes every value from its definition. Slow and obviously right;
 * the window engine, the demo, the fault tests and the benchmarks are checked against it.
 *
 * @example
 * const group = new NaiveGroup(plan);
 * group.add(time, [12.5, 'paid', null], [true]);
 * group.valueOf(0, asOf);
 */
import type { AggregatedGroupPlan, WindowPlan } from '@millrace/core';
import { naiveValue, type NaiveRow, type NaiveScalar, type NaiveValue } from './naive-functions.js';

interface KeptRow extends NaiveRow {
  readonly arrival: number;
  readonly passes: readonly boolean[];
}

interface Window {
  readonly rows: readonly KeptRow[];
  /** Where the time that the window covers begins. */
  readonly since: number | undefined;
}

export class NaiveGroup {
  private readonly rows: KeptRow[] = [];
  private sorted: KeptRow[] | undefined;

  constructor(private readonly plan: Pick<AggregatedGroupPlan, 'inputs' | 'windows' | 'features'>) {}

  /** The same rows under another plan with the same inputs and filters. */
  withPlan(plan: Pick<AggregatedGroupPlan, 'inputs' | 'windows' | 'features'>): NaiveGroup {
    const other = new NaiveGroup(plan);
    other.rows.push(...this.rows);
    return other;
  }

  get size(): number {
    return this.rows.length;
  }

  /** Event time of the newest row; -Infinity before the first. */
  get newest(): number {
    return this.rows.reduce((newest, row) => Math.max(newest, row.time), -Infinity);
  }

  /**
   * @param values in the order of the plan's inputs; integers beyond 2^53 as bigint
   * @param passes in the order of the plan's filters
   */
  add(time: number, values: readonly NaiveScalar[], passes: readonly boolean[] = []): void {
    this.rows.push({ time, values, passes, arrival: this.rows.length });
    this.sorted = undefined;
  }

  /** Whether no window could still see a row of this time. Rows that are too late change no value. */
  isTooLate(time: number): boolean {
    const { newest } = this;
    const seen = this.plan.features.some((feature) =>
      reaches(this.plan.windows[feature.window]!, newest, time),
    );
    return this.rows.length > 0 && !seen;
  }

  /** The value of a feature as of an instant, from the rows up to it. */
  valueOf(featureIndex: number, asOf: number): NaiveValue {
    const feature = this.plan.features[featureIndex]!;
    const window = this.windowOf(featureIndex, asOf);
    const type = feature.input === undefined ? undefined : this.plan.inputs[feature.input]!.type;
    const valueFor = (rows: readonly KeptRow[]): NaiveValue =>
      naiveValue(feature.function, { rows, input: feature.input, type, asOf, since: window.since });
    if (feature.by === undefined) return valueFor(window.rows);

    const categories = new Map<string, KeptRow[]>();
    for (const row of window.rows) {
      const category = row.values[feature.by];
      if (category === null || category === undefined) continue;
      const rows = categories.get(String(category)) ?? [];
      categories.set(String(category), [...rows, row]);
    }
    if (categories.size === 0) return null;
    const keys = [...categories.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    return { map: keys.map((key) => [key, valueFor(categories.get(key)!)] as const) };
  }

  /** The rows that a feature's value is made of, oldest first; with `by`, those that have a category. */
  rowsOf(featureIndex: number, asOf: number): readonly NaiveRow[] {
    const { by } = this.plan.features[featureIndex]!;
    const { rows } = this.windowOf(featureIndex, asOf);
    return by === undefined ? rows : rows.filter((row) => row.values[by] !== null);
  }

  private windowOf(featureIndex: number, asOf: number): Window {
    const { window: windowIndex, filter } = this.plan.features[featureIndex]!;
    const known = this.inOrder().filter((row) => row.time <= asOf);
    const passing = (rows: readonly KeptRow[]): KeptRow[] =>
      filter === undefined ? [...rows] : rows.filter((row) => row.passes[filter]);
    const after = (instant: number): KeptRow[] => known.filter((row) => row.time > instant);

    const window = this.plan.windows[windowIndex]!;
    switch (window.kind) {
      case 'lifetime':
        return { rows: passing(known), since: undefined };
      case 'sliding':
        return { rows: passing(after(asOf - window.lengthMs)), since: asOf - window.lengthMs };
      case 'tumbling': {
        const start = startOfBucket(window, asOf);
        return { rows: passing(known.filter((row) => row.time >= start)), since: start };
      }
      case 'records': {
        const newest = passing(known).slice(-window.count);
        const within = window.withinMs;
        return {
          rows: within === undefined ? newest : newest.filter((row) => row.time > asOf - within),
          since: undefined,
        };
      }
      case 'session': {
        const rows = sessionOf(after(asOf - window.longestMs), asOf, window.gapMs);
        return { rows: passing(rows), since: undefined };
      }
    }
  }

  private inOrder(): readonly KeptRow[] {
    this.sorted ??= this.rows.toSorted((a, b) => a.time - b.time || a.arrival - b.arrival);
    return this.sorted;
  }
}

function startOfBucket(window: { lengthMs: number; offsetMs: number }, at: number): number {
  const since = at - window.offsetMs;
  const into = ((since % window.lengthMs) + window.lengthMs) % window.lengthMs;
  return at - into;
}

/** The rows at the end between which there is no gap; none if the last is longer ago than the gap. */
function sessionOf(rows: readonly KeptRow[], asOf: number, gapMs: number): readonly KeptRow[] {
  if (rows.length === 0 || asOf - rows.at(-1)!.time > gapMs) return [];
  let first = rows.length - 1;
  while (first > 0 && rows[first]!.time - rows[first - 1]!.time <= gapMs) first--;
  return rows.slice(first);
}

function reaches(window: WindowPlan, newest: number, time: number): boolean {
  switch (window.kind) {
    case 'lifetime':
      return true;
    case 'sliding':
      return time > newest - window.lengthMs;
    case 'tumbling':
      return time >= startOfBucket(window, newest);
    case 'records':
      return window.withinMs === undefined || time > newest - window.withinMs;
    case 'session':
      return time > newest - window.longestMs;
  }
}
