/**
 * From a function of the plan to its accumulators and its finish. Functions of the same column and filter
 * share accumulators (`mean` and `sum`, `stddev` and `variance`), whatever their windows.
 */
import type { AggregatedFeaturePlan, FunctionPlan } from '../plan/plan.js';
import type { Accumulator, Field, RowFilter } from './accumulator.js';
import { integerOf, scalarOf, type Aggregation } from './aggregation.js';
import { RowCount, ValueCount } from './count.js';
import { EndValue } from './ends.js';
import { Extreme } from './extremes.js';
import { Moments } from './moments.js';
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
    if (!field) return this.share('rows', () => new RowCount(this.filter));
    return this.share('values', () => new ValueCount(field, this.filter));
  }

  sum(): IntSum | FloatSum {
    const { field, filter } = this;
    if (field.type === 'float') return this.share('sum', () => new FloatSum(field, filter));
    return this.share('sum', () => new IntSum(field, filter));
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

const COMPILERS: { readonly [K in FunctionPlan['kind']]?: Compiler<K> } = {
  count: (operand) => {
    const count = operand.count();
    return { uses: [count], value: () => count.count, bound: (_window, events) => events };
  },
  sum: (operand) => {
    const sum = operand.sum();
    const value = sum instanceof IntSum ? () => integerOf(sum.exact) : () => sum.total;
    return { uses: [sum], value, bound: () => sum.magnitude };
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
};

/** @throws TypeError where the plan asks for what the registry should have refused. */
export function compileFunction(feature: AggregatedFeaturePlan, operand: Operand): Aggregation {
  const compiler = COMPILERS[feature.function.kind] as Compiler<FunctionPlan['kind']> | undefined;
  if (!compiler) throw new TypeError(`${feature.name}: no function ${feature.function.kind}`);
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
