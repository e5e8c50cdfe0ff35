import type { FeatureType } from '../definitions/definitions.js';
import type { ColumnType, FunctionPlan } from '../plan/plan.js';

export type FunctionKind = FunctionPlan['kind'];

/** What one aggregation function takes and gives: the table that definitions are checked against. */
export interface FunctionRule {
  /** Whether it aggregates a column (`of`) or may do without. */
  readonly of: 'required' | 'optional';
  /** Column types that it can aggregate. */
  readonly accepts: readonly ColumnType[];
  /** Column types of its second column: the one that orders (`min_by`) or divides (`ratio`). */
  readonly secondAccepts?: readonly ColumnType[];
  /** The type of its value, given the type of the column (undefined: of rows). With `by` it is a `map`. */
  result(input: ColumnType | undefined): FeatureType;
}

const NUMBERS: readonly ColumnType[] = ['int', 'float', 'bool'];
const ORDERED: readonly ColumnType[] = ['int', 'float', 'bool', 'timestamp'];
const SCALARS: readonly ColumnType[] = ['int', 'float', 'bool', 'timestamp', 'string'];
const LISTABLE: readonly ColumnType[] = ['int', 'float', 'string'];

const int = (): FeatureType => 'int';
const float = (): FeatureType => 'float';
const total = (input?: ColumnType): FeatureType => (input === 'float' ? 'float' : 'int');

function same(input?: ColumnType): FeatureType {
  if (input === undefined || input === 'list') throw new TypeError('The function needs a scalar column');
  return input;
}

function listOf(input?: ColumnType): FeatureType {
  if (input === 'string') return 'string_list';
  return input === 'float' ? 'float_list' : 'int_list';
}

/**
 * Every function of contract.md, with what it does about nulls (missing fields are nulls): a null is never a zero, and
 * where SQL has the function the rule is SQL's, but that sums of nothing are 0.
 */
export const FUNCTIONS: Readonly<Record<FunctionKind, FunctionRule>> = {
  /** Rows, whatever they hold; with `of`, its values that are not null. 0 for none. */
  count: { of: 'optional', accepts: SCALARS, result: int },
  /** Exact for `int` at any size; compensated for `float`. A `bool` counts as 0 or 1. Skips nulls; 0 for none. */
  sum: { of: 'required', accepts: NUMBERS, result: total },
  /** Of the values that are not null; null for none. */
  mean: { of: 'required', accepts: NUMBERS, result: float },
  /** Of the values that are not null; null for none. */
  min: { of: 'required', accepts: ORDERED, result: same },
  max: { of: 'required', accepts: ORDERED, result: same },
  /** Skips nulls. Sample (n − 1): null for fewer than two values; population (n): null for none. */
  variance: { of: 'required', accepts: NUMBERS, result: float },
  stddev: { of: 'required', accepts: NUMBERS, result: float },
  /** Sample skewness G1. Skips nulls; null for fewer than three values or where all are equal. */
  skew: { of: 'required', accepts: NUMBERS, result: float },
  /** Sample excess kurtosis G2. Skips nulls; null for fewer than four values or where all are equal. */
  kurtosis: { of: 'required', accepts: NUMBERS, result: float },
  /**
   * The earliest (latest) value that is not null; among equal event times the first (last) to arrive. Null for none.
   */
  first: { of: 'required', accepts: SCALARS, result: same },
  last: { of: 'required', accepts: SCALARS, result: same },
  /**
   * The k earliest values, earliest first; the k latest, latest first; the k latest different ones, latest first. Nulls
   * are skipped and take no place; null, not an empty list, for none.
   */
  first_k: { of: 'required', accepts: LISTABLE, result: listOf },
  last_k: { of: 'required', accepts: LISTABLE, result: listOf },
  last_distinct_k: { of: 'required', accepts: LISTABLE, result: listOf },
  /** Exact while small, a sketch beyond: the evidence states its error. Null is no value; 0 for none. */
  distinct_count: { of: 'required', accepts: SCALARS, result: int },
  /** Interpolated between neighbours as SQL's percentile_cont while exact; a sketch beyond. Skips nulls; null for none. */
  quantile: { of: 'required', accepts: NUMBERS, result: float },
  /** The k most frequent values, most frequent first, equals in the order of the values. Null is no value; null for none. */
  top_k: { of: 'required', accepts: LISTABLE, result: listOf },
  /** Counts per bucket: below the first edge, between neighbours `[a, b)`, from the last edge up. A null is in no bucket; zeros for none. */
  histogram: { of: 'required', accepts: NUMBERS, result: () => 'int_list' },
  /** Shannon entropy of the values' frequencies, in bits. Null is no value; null for none. */
  entropy: { of: 'required', accepts: SCALARS, result: float },
  /** Rows (with `of`, values that are not null) per unit of the time that the window covers; 0 for none, null while it covers no time. */
  rate: { of: 'optional', accepts: SCALARS, result: float },
  /** From the latest row (with `of`, the latest value that is not null) to the instant of the read; null for none. */
  seconds_since_last: { of: 'optional', accepts: SCALARS, result: float },
  /** Mean weighted by 2^(−age / half-life). Skips nulls: they weigh nothing; null for none. */
  ewma: { of: 'required', accepts: NUMBERS, result: float },
  /**
   * The value of the column in the row where the second column is least (greatest); the latest such row. Rows in which
   * either is null are skipped; null for none.
   */
  min_by: { of: 'required', accepts: SCALARS, secondAccepts: ORDERED, result: same },
  max_by: { of: 'required', accepts: SCALARS, secondAccepts: ORDERED, result: same },
  /** Sum of the column divided by the sum of the second one, each of its own values that are not null; null where that is 0. */
  ratio: { of: 'required', accepts: NUMBERS, secondAccepts: NUMBERS, result: float },
};

/** Limits of arguments; each keeps the state of an entity and a read of it bounded (I6). */
export const FUNCTION_LIMITS = {
  /** A served list longer than this is a table, and every merged tile may hold one. */
  kMax: 100,
  histogramEdgesMax: 64,
  /**
   * Rows of a `records` window stay single tiles: at 2.5 GHz 1,000 of them finish in 7 to 35 µs, but in 90 to 175 µs
   * for `ewma`, `distinct_count`, quantiles, `top_k` and `entropy`.
   */
  recordsMax: 1_000,
  /** A gap that may still end a session keeps the tiles on its two sides apart; so many may lie in one reach. */
  sessionGapsMax: 1_000,
  /** One second to ten years. */
  windowMsMin: 1_000,
  windowMsMax: 10 * 365 * 86_400_000,
} as const;

/** The longest a session may last where the definition does not say: its reach must end somewhere. */
export const SESSION_LONGEST_MS_DEFAULT = 86_400_000;
