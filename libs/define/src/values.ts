import type { FeatureType } from '@millrace/core';

/** What an answer holds of a value of each type. */
export interface ServedValues {
  /** 64 bit and exact on the wire; `JSON.parse` rounds beyond 2^53. */
  readonly int: number;
  readonly float: number;
  readonly string: string;
  readonly bool: boolean;
  /** RFC 3339, in UTC. */
  readonly timestamp: string;
  /** Base64. */
  readonly bytes: string;
  readonly int_list: readonly number[];
  readonly float_list: readonly number[];
  readonly string_list: readonly string[];
  readonly embedding: readonly number[];
}

/** What an event, or the request fields of a read, may hold for a value of each type. */
export interface SentValues extends Omit<ServedValues, 'timestamp'> {
  /** RFC 3339, milliseconds since the epoch, or a Date, which JSON writes as RFC 3339. */
  readonly timestamp: string | number | Date;
}

export type Served<T extends FeatureType> = ServedValues[T];
export type Sent<T extends FeatureType> = SentValues[T];
