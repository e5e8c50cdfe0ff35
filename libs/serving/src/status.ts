/**
 * What stands behind a served value. The numbers are those of Feast's `FieldStatus`, so that one byte per
 * value serves both wire formats.
 */
export const STATUS = {
  /** The stored bytes or the expression could not be read; the answer's `faults` say why. */
  INVALID: 0,
  PRESENT: 1,
  /** The entity is known, the value is null: an empty window's mean, a pushed null, a NaN. */
  NULL_VALUE: 2,
  /** Nothing is stored for the entity: counts and sums are 0, all else is null or the default. */
  NOT_FOUND: 3,
  /** Stored, but older than the TTL as of the read; the value is withheld. */
  OUTSIDE_MAX_AGE: 4,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Names by number. */
export const STATUS_NAMES = ['INVALID', 'PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'] as const;
