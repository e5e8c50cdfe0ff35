/**
 * The buckets of a DDSketch (Masson, Rim & Lee, VLDB 2019): their bounds grow by a constant factor, so a value read
 * back is off by at most `QUANTILE_ERROR` of itself. The bounds are those of Datadog's library. Buckets are numbered
 * as *slots* from 0 up, in the order of their values.
 */
import { DDSketch } from '@datadog/sketches-js';

/** Relative error of a value that a bucket gives back, unless it is one of the greatest: see `slotError`. */
export const QUANTILE_ERROR = 0.01;

const { mapping } = new DDSketch({ relativeAccuracy: QUANTILE_ERROR });
/** Bucket 0 is the value 0, positive values have positive buckets, negative ones mirror them. */
const KEY_SHIFT = 1 - mapping.key(mapping.minPossible);
const BUCKETS_MAX = mapping.key(mapping.maxPossible) + KEY_SHIFT;

export const SLOTS = 2 * BUCKETS_MAX + 1;

/** The last bucket goes on to the end of the doubles' range, so it is wider than the others. */
const LAST_FROM = mapping.value(BUCKETS_MAX - KEY_SHIFT) / (1 + QUANTILE_ERROR);
const LAST_HALF = LAST_FROM / 2 + Number.MAX_VALUE / 2;
/** The value that is off by the same part of itself from both ends, and that part. */
const LAST_VALUE = (LAST_FROM / LAST_HALF) * Number.MAX_VALUE;
const LAST_ERROR = Number.MAX_VALUE / LAST_HALF - LAST_FROM / LAST_HALF;

export function slotOf(value: number): number {
  const size = Math.abs(value);
  if (size <= mapping.minPossible) return BUCKETS_MAX;
  const bucket = mapping.key(Math.min(size, mapping.maxPossible)) + KEY_SHIFT;
  return BUCKETS_MAX + (value > 0 ? bucket : -bucket);
}

/** The value that stands for all of a slot. */
export function slotValue(slot: number): number {
  const bucket = slot - BUCKETS_MAX;
  if (bucket === 0) return 0;
  if (Math.abs(bucket) === BUCKETS_MAX) return Math.sign(bucket) * LAST_VALUE;
  return Math.sign(bucket) * mapping.value(Math.abs(bucket) - KEY_SHIFT);
}

/** The relative error that `slotValue` may have. */
export function slotError(slot: number): number {
  return Math.abs(slot - BUCKETS_MAX) === BUCKETS_MAX ? LAST_ERROR : QUANTILE_ERROR;
}
