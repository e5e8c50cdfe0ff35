import type { StoredFields } from '@millrace/redis';

/** The fields of one stored hash of one entity. */
export interface HashRead {
  /** `actor`: window states that turns write; `pushed`: rows that the push routes write. */
  readonly kind: 'actor' | 'pushed';
  readonly entity: string;
  readonly partition: number;
  readonly entityId: string;
  readonly fields: readonly string[];
}

/** What a hash holds of the fields asked for, or why it alone could not be read. */
export type HashContents = StoredFields | Error;

/** Where feature states are read. */
export interface HashReads {
  /**
   * Reads all hashes in one pipelined round trip, in the order given. One hash that fails costs only itself.
   * @throws MillraceError REDIS_UNAVAILABLE where none could be read.
   */
  read(reads: readonly HashRead[]): Promise<readonly HashContents[]>;
}
