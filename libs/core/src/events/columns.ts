/**
 * Events in columns. A frame decodes into columns without an object per event; numeric nulls are NaN (JSON
 * cannot carry NaN, so the value is free), integers outside ±2^53 sit beside their column in `wide`.
 */
export interface NumberColumn {
  readonly kind: 'number';
  /** `int`, `float`, `timestamp` (ms since the epoch) and `bool` (0 or 1); NaN where null. */
  readonly values: Float64Array;
  /** Row to exact value, for int64 values that a double cannot hold; absent when there is none. */
  readonly wide?: ReadonlyMap<number, bigint>;
}

export interface StringColumn {
  readonly kind: 'string';
  readonly values: readonly (string | null)[];
}

/** Lists, bytes and embeddings: carried as JSON values. */
export interface ListColumn {
  readonly kind: 'list';
  readonly values: readonly unknown[];
}

export type Column = NumberColumn | StringColumn | ListColumn;

/** One batch of events as one feature group sees it: what the expressions made of a decoded frame. */
export interface GroupBatch {
  readonly size: number;
  /** Event time of each row in ms since the epoch. */
  readonly eventTime: Float64Array;
  /** In the order of the group's `inputs`. */
  readonly columns: readonly Column[];
  /** In the order of the group's `filters`: 1 where the row passes. */
  readonly filters: readonly Uint8Array[];
}
