import type { FunctionKind } from '../aggregations/functions.js';
import type { AggregatedFeaturePlan } from '../plan/plan.js';

/**
 * What a function's value does between two events while the same rows are in its window: it stays, it stays as long
 * as no tile holds several rows (it looks for the window's edge inside of those), or it moves with the clock.
 */
export type Steadiness = 'steady' | 'steady-in-singles' | 'moving';

const STEADINESS: Readonly<Record<FunctionKind, Steadiness>> = {
  count: 'steady',
  sum: 'steady',
  mean: 'steady',
  min: 'steady',
  max: 'steady',
  variance: 'steady',
  stddev: 'steady',
  skew: 'steady',
  kurtosis: 'steady',
  first: 'steady',
  last: 'steady',
  first_k: 'steady',
  last_k: 'steady-in-singles',
  last_distinct_k: 'steady-in-singles',
  distinct_count: 'steady-in-singles',
  quantile: 'steady',
  top_k: 'steady',
  histogram: 'steady',
  entropy: 'steady',
  rate: 'moving',
  seconds_since_last: 'moving',
  ewma: 'steady',
  min_by: 'steady',
  max_by: 'steady',
  ratio: 'steady',
};

/** The maps of `by` count as moving: each category has edges of its own. */
export function steadinessOf({ by, function: { kind } }: AggregatedFeaturePlan): Steadiness {
  return by === undefined ? STEADINESS[kind] : 'moving';
}
