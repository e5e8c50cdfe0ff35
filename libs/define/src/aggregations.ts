import type { Columns, NamesOf } from './columns.js';
import type { FunctionLabel, FunctionOf, ResultOf, RowFunction } from './functions.js';
import type { Window, WindowLabel } from './windows.js';

interface AggregationBase<C extends Columns> {
  readonly windows: readonly Window[];
  /** CEL: only rows for which this holds. */
  readonly where?: string;
  /** Field or derived column: a map of values per category. */
  readonly by?: NamesOf<C, 'string' | 'int' | 'bool'>;
  /** The feature's name where one function and one window are given; else it stands for `<of>`. */
  readonly name?: string;
  /** Served where there is no value. */
  readonly default?: unknown;
}

interface RowAggregation<C extends Columns> extends AggregationBase<C> {
  readonly of?: never;
  readonly functions: readonly RowFunction[];
}

/** One member per column, told apart by `of`: the functions that fit are those of the column's type. */
type ColumnAggregation<C extends Columns> = {
  [Name in keyof C & string]: AggregationBase<C> & {
    readonly of: Name;
    readonly functions: readonly FunctionOf<C[Name], C>[];
  };
}[keyof C & string];

/** What may be aggregated in a group with these columns. */
export type AggregationOf<C extends Columns> = RowAggregation<C> | ColumnAggregation<C>;

interface AnyAggregation {
  readonly of?: string;
  readonly functions: readonly unknown[];
  readonly windows: readonly unknown[];
  readonly by?: string;
  readonly name?: string;
}

type IsSingle<A extends AnyAggregation> = A['functions'] extends readonly [unknown]
  ? A['windows'] extends readonly [unknown]
    ? true
    : false
  : false;

type Category<A> = A extends { readonly by: infer By extends string } ? `_by_${By}` : '';

type Tail<A, F, W> = `${FunctionLabel<F>}${Category<A>}_${WindowLabel<W>}`;

/** `<of>_<function>[_by_<field>]_<window>`, unless `name` says otherwise. */
type FeatureName<A extends AnyAggregation, F, W> = A extends { readonly name: infer Name extends string }
  ? IsSingle<A> extends true
    ? Name
    : `${Name}_${Tail<A, F, W>}`
  : A extends { readonly of: infer Of extends string }
    ? `${Of}_${Tail<A, F, W>}`
    : Tail<A, F, W>;

type ValueOf<A, F, C extends Columns> = A extends { readonly of: infer Of extends keyof C }
  ? ResultOf<F, C[Of]>
  : number;

type ServedOf<A, F, C extends Columns> = A extends { readonly by: string }
  ? Readonly<Record<string, ValueOf<A, F, C>>>
  : ValueOf<A, F, C>;

type FeatureOf<A extends AnyAggregation, F, W, C extends Columns> = F extends unknown
  ? W extends unknown
    ? { readonly name: FeatureName<A, F, W>; readonly value: ServedOf<A, F, C> }
    : never
  : never;

type FeaturesOfEach<A extends AnyAggregation, C extends Columns> = A extends unknown
  ? FeatureOf<A, A['functions'][number], A['windows'][number], C>
  : never;

/**
 * The features that aggregations give, by name. Every value may be null: an empty window's mean, an entity that
 * is not known, a value older than the TTL.
 */
export type FeaturesOf<A extends readonly AnyAggregation[], C extends Columns> = {
  readonly [F in FeaturesOfEach<A[number], C> as F['name']]: F['value'] | null;
};
