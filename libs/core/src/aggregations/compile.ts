/**
 * From a function of the plan to its accumulators and its finish. Functions of the same column and filter
 * share accumulators (`mean` and `sum`, `stddev` and `variance`), whatever their windows.
 */
import type { AggregatedFeaturePlan, FunctionPlan } from '../plan/plan.js';
import type { Accumulator, Field, RowFilter } from './accumulator.js';
import { listOf, scalarOf, type Aggregation, type WindowView } from './aggregation.js';
import { RowCount, ValueCount } from './count.js';
import { DISTINCT_STANDARD_ERROR, DistinctCount } from './distinct.js';
import { EndValue } from './ends.js';
import { DecayedMean } from './ewma.js';
import { ExtremeRow } from './extreme-row.js';
import { Extreme } from './extremes.js';
import { FirstValues } from './first-k.js';
import { Frequencies } from './frequencies.js';
import { Histogram } from './histogram.js';
import { LastValues } from './last-k.js';
import { Moments } from './moments.js';
import { Quantiles } from './quantile.js';
import { FloatSum, IntSum } from './sum.js';

/** Makes each accumulator once: same key, same accumulator. */
export class AccumulatorPool {
  readonly all: Accumulator[] = [];
  private readonly byKey = new Map<string, Accumulator>();

  share<A extends Accumulator>(key: string, make: () => A): A {
    const known = this.byKey.get(key);
    if (known) return known as A;
    const made = make();
    this.byKey.set(key, made);
    this.all.push(made);
    return made;
  }
}

/** One feature's function, column and filter, with the pool to take accumulators from. */
export class Operand {
  constructor(
    readonly pool: AccumulatorPool,
    private readonly fieldOf: (input: number) => Field,
    private readonly input: number | undefined,
    private readonly filterIndex: number | undefined,
    readonly filter: RowFilter,
  ) {}

  get field(): Field {
    if (this.input === undefined) throw new TypeError('The function needs a column (`of`)');
    return this.fieldOf(this.input);
  }

  get optionalField(): Field | undefined {
    return this.input === undefined ? undefined : this.fieldOf(this.input);
  }

  /** The same operand for the function's second column. */
  of(input: number): Operand {
    return new Operand(this.pool, this.fieldOf, input, this.filterIndex, this.filter);
  }

  share<A extends Accumulator>(family: string, make: () => A): A {
    return this.pool.share(`${family}:${this.input ?? ''}:${this.filterIndex ?? ''}`, make);
  }

  /** Values that are not null, or rows where the function takes no column. */
  count(): RowCount | ValueCount {
    const field = this.optionalField;
    if (!field) return this.rows();
    return this.share('values', () => new ValueCount(field, this.filter));
  }

  sum(): IntSum | FloatSum {
    const { field, filter } = this;
    if (field.type === 'float') return this.share('sum', () => new FloatSum(field, filter));
    return this.share('sum', () => new IntSum(field, filter));
  }

  /** Rows that pass the filter, whatever the column. */
  rows(): RowCount {
    return this.pool.share(`rows::${this.filterIndex ?? ''}`, () => new RowCount(this.filter));
  }

  /** The earliest row that passes the filter, whatever the column. */
  firstRow(): EndValue {
    return this.pool.share(`end1::${this.filterIndex ?? ''}`, () => new EndValue(undefined, this.filter, 1));
  }

  frequencies(): Frequencies {
    return this.share('frequencies', () => new Frequencies(this.field, this.filter));
  }

  moments(order: 2 | 4): Moments {
    return this.share(`moments${order}`, () => new Moments(this.field, this.filter, order));
  }

  end(sign: 1 | -1): EndValue {
    return this.share(`end${sign}`, () => new EndValue(this.optionalField, this.filter, sign));
  }
}

/** The member of the union whose `kind` may be K: some members stand for several kinds. */
type PlanOf<K extends FunctionPlan['kind'], P = FunctionPlan> = P extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? P
    : never
  : never;
type Compiler<K extends FunctionPlan['kind']> = (operand: Operand, plan: PlanOf<K>) => Aggregation;

const COMPILERS: { readonly [K in FunctionPlan['kind']]: Compiler<K> } = {
  count: (operand) => {
    const count = operand.count();
    return { uses: [count], value: () => count.count, bound: (_window, events) => events };
  },
  sum: (operand) => {
    const sum = operand.sum();
    return { uses: [sum], value: () => sum.value, bound: () => sum.magnitude };
  },
  mean: (operand) => {
    const sum = operand.sum();
    const count = operand.count();
    return { uses: [sum, count], value: () => (count.count === 0 ? null : sum.total / count.count) };
  },
  min: (operand) => extreme(operand, 1),
  max: (operand) => extreme(operand, -1),
  variance: (operand, plan) => {
    const moments = operand.moments(2);
    return { uses: [moments], value: () => varianceOf(moments, plan.population) };
  },
  stddev: (operand, plan) => {
    const moments = operand.moments(2);
    const value = (): number | null => {
      const variance = varianceOf(moments, plan.population);
      return variance === null ? null : Math.sqrt(variance);
    };
    return { uses: [moments], value };
  },
  first: (operand) => endValue(operand, 1),
  last: (operand) => endValue(operand, -1),
  skew: (operand) => {
    const moments = operand.moments(4);
    return { uses: [moments], value: () => skewOf(moments) };
  },
  kurtosis: (operand) => {
    const moments = operand.moments(4);
    return { uses: [moments], value: () => kurtosisOf(moments) };
  },
  first_k: (operand, { k }) => {
    const { field, filter } = operand;
    const first = operand.share(`first_k${k}`, () => new FirstValues(field, filter, k));
    return { uses: [first], value: () => listOf(first.values) };
  },
  last_k: (operand, { k }) => lastValues(operand, k, false),
  last_distinct_k: (operand, { k }) => lastValues(operand, k, true),
  distinct_count: (operand) => {
    const { field, filter } = operand;
    const distinct = operand.share('distinct', () => new DistinctCount(field, filter));
    return {
      uses: [distinct],
      keepsTimes: true,
      value: (window) => distinct.countAfter(window.after),
      sketchError: () => (distinct.isSketched ? DISTINCT_STANDARD_ERROR : 0),
    };
  },
  quantile: (operand, { q }) => {
    const { field, filter } = operand;
    const quantiles = operand.share('quantiles', () => new Quantiles(field, filter));
    return {
      uses: [quantiles],
      value: () => quantiles.at(q),
      sketchError: () => quantiles.errorAt(q),
    };
  },
  top_k: (operand, { k }) => {
    const frequencies = operand.frequencies();
    return {
      uses: [frequencies],
      value: () => listOf(frequencies.top(k)),
      sketchError: () => uncountedShare(frequencies),
    };
  },
  entropy: (operand) => {
    const frequencies = operand.frequencies();
    return {
      uses: [frequencies],
      value: () => frequencies.entropy(),
      sketchError: () => uncountedShare(frequencies),
    };
  },
  histogram: (operand, { edges }) => {
    const { field, filter } = operand;
    const histogram = operand.share(`histogram${edges.join(',')}`, () => new Histogram(field, filter, edges));
    return { uses: [histogram], value: () => Array.from(histogram.counts) };
  },
  rate: (operand, { perMs }) => {
    const count = operand.count();
    const firstRow = operand.firstRow();
    /** Per unit of the time that the window covers so far; null while it covers none. */
    const perUnit = (events: number, { asOf, since }: WindowView): number | null => {
      const coveredMs = asOf - (since ?? firstRow.time);
      return coveredMs === 0 ? null : events / (coveredMs / perMs);
    };
    return {
      uses: [count, firstRow],
      value: (window) => (count.count === 0 ? 0 : perUnit(count.count, window)),
      bound: (window, events) => (window.since === null ? Infinity : (perUnit(events, window) ?? 0)),
    };
  },
  seconds_since_last: (operand) => {
    const last = operand.end(-1);
    return {
      uses: [last],
      value: ({ asOf }) => (Number.isNaN(last.time) ? null : (asOf - last.time) / 1_000),
    };
  },
  ewma: (operand, { halfLifeMs }) => {
    const { field, filter } = operand;
    const mean = operand.share(`ewma${halfLifeMs}`, () => new DecayedMean(field, filter, halfLifeMs));
    return { uses: [mean], value: () => mean.value };
  },
  min_by: (operand, { by }) => extremeRow(operand, by, 1),
  max_by: (operand, { by }) => extremeRow(operand, by, -1),
  ratio: (operand, { to }) => {
    const sum = operand.sum();
    const over = operand.of(to).sum();
    return { uses: [sum, over], value: () => (over.total === 0 ? null : sum.total / over.total) };
  },
};

/** @throws TypeError where the plan asks for what the registry should have refused. */
export function compileFunction(feature: AggregatedFeaturePlan, operand: Operand): Aggregation {
  const compiler = COMPILERS[feature.function.kind] as (operand: Operand, plan: FunctionPlan) => Aggregation;
  return compiler(operand, feature.function);
}

function extreme(operand: Operand, sign: 1 | -1): Aggregation {
  const { field, filter } = operand;
  const found = operand.share(`extreme${sign}`, () => new Extreme(field, filter, sign));
  return { uses: [found], value: () => scalarOf(field, found.value, found.rest) };
}

function endValue(operand: Operand, sign: 1 | -1): Aggregation {
  const { field } = operand;
  const end = operand.end(sign);
  const value = field.type === 'string' ? () => end.text : () => scalarOf(field, end.value, end.rest);
  return { uses: [end], value };
}

function varianceOf(moments: Moments, population: boolean): number | null {
  const divisor = population ? moments.count : moments.count - 1;
  return divisor < 1 ? null : moments.m2 / divisor;
}

function lastValues(operand: Operand, k: number, distinct: boolean): Aggregation {
  const { field, filter } = operand;
  const last = operand.share(`last_k${k}${distinct}`, () => new LastValues(field, filter, k, distinct));
  return { uses: [last], keepsTimes: true, value: (window) => listOf(last.valuesAfter(window.after)) };
}

function extremeRow(operand: Operand, by: number, sign: 1 | -1): Aggregation {
  const { field, filter } = operand;
  const byField = operand.of(by).field;
  const row = operand.share(`extremeRow${sign}:${by}`, () => new ExtremeRow(field, byField, filter, sign));
  return {
    uses: [row],
    value: () => (field.type === 'bool' && row.value !== undefined ? row.value !== 0 : (row.value ?? null)),
  };
}

function uncountedShare(frequencies: Frequencies): number {
  return frequencies.total === 0 ? 0 : frequencies.uncounted / frequencies.total;
}

/** Sample skewness G1, as SPSS, Excel and DuckDB give it. */
function skewOf({ count: n, m2, m3 }: Moments): number | null {
  if (n < 3 || m2 === 0) return null;
  return (Math.sqrt(n * (n - 1)) / (n - 2)) * ((Math.sqrt(n) * m3) / m2 ** 1.5);
}

/** Sample excess kurtosis G2. */
function kurtosisOf({ count: n, m2, m4 }: Moments): number | null {
  if (n < 4 || m2 === 0) return null;
  const g2 = (n * m4) / m2 ** 2 - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6);
}
