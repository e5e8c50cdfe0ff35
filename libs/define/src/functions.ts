/**
 * Aggregation functions at the level of types: which columns each takes, and what it gives. The table at run time
 * is FUNCTIONS of @millrace/core; test/definitions holds the two against each other.
 */
import type { Columns, ColumnType, NamesOf } from './columns.js';
import type { Duration } from './windows.js';

type Numbers = 'int' | 'float' | 'bool';
type Ordered = Numbers | 'timestamp';
type Scalars = Ordered | 'string';
type Listable = 'int' | 'float' | 'string';

/** Functions without an argument, and the column types that each takes. */
interface PlainFunctions {
  count: Scalars;
  sum: Numbers;
  mean: Numbers;
  min: Ordered;
  max: Ordered;
  stddev: Numbers;
  stddev_pop: Numbers;
  variance: Numbers;
  variance_pop: Numbers;
  skew: Numbers;
  kurtosis: Numbers;
  first: Scalars;
  last: Scalars;
  distinct_count: Scalars;
  median: Numbers;
  entropy: Scalars;
  rate: Scalars;
  rate_per_second: Scalars;
  rate_per_minute: Scalars;
  rate_per_hour: Scalars;
  seconds_since_last: Scalars;
}

/** Functions of rows: they need no column. */
export type RowFunction =
  'count' | 'rate' | 'rate_per_second' | 'rate_per_minute' | 'rate_per_hour' | 'seconds_since_last';

type When<T extends ColumnType, Accepted extends ColumnType, Then> = T extends Accepted | 'untyped'
  ? Then
  : never;

type PlainFunction<T extends ColumnType> = {
  [Name in keyof PlainFunctions]: When<T, PlainFunctions[Name], Name>;
}[keyof PlainFunctions];

/** `p95`, `p99.9` */
type Quantile = `p${number}`;

type CountedFunction =
  | { readonly first_k: number }
  | { readonly last_k: number }
  | { readonly last_distinct_k: number }
  | { readonly top_k: number };

type NumberFunction<C extends Columns> =
  | Quantile
  | { readonly histogram: readonly number[] }
  | { readonly ewma: Duration }
  | { readonly ratio: NamesOf<C, Numbers> };

type ExtremeFunction<C extends Columns> =
  { readonly min_by: NamesOf<C, Ordered> } | { readonly max_by: NamesOf<C, Ordered> };

/** What may aggregate a column of this type, in a group with these columns. */
export type FunctionOf<T extends ColumnType, C extends Columns> =
  | PlainFunction<T>
  | When<T, Listable, CountedFunction>
  | When<T, Numbers, NumberFunction<C>>
  | When<T, Scalars, ExtremeFunction<C>>;

/** The function's part of the name of a feature. */
export type FunctionLabel<F> = F extends `${infer Whole}.${infer Fraction}`
  ? `${Whole}_${Fraction}`
  : F extends string
    ? F
    : keyof F & string;

interface ScalarValues {
  int: number;
  float: number;
  bool: boolean;
  timestamp: string;
  string: string;
  list: never;
  untyped: number | string | boolean;
}

interface ListValues {
  int: readonly number[];
  float: readonly number[];
  string: readonly string[];
  bool: never;
  timestamp: never;
  list: never;
  untyped: readonly number[] | readonly string[];
}

type CopyingFunction =
  'min' | 'max' | 'first' | 'last' | { readonly min_by: string } | { readonly max_by: string };

/** The value that a function gives, null aside. */
export type ResultOf<F, T extends ColumnType> = F extends CopyingFunction
  ? ScalarValues[T]
  : F extends CountedFunction
    ? ListValues[T]
    : F extends { readonly histogram: unknown }
      ? readonly number[]
      : number;
