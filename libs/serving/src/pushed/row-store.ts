import type { PushedGroupRow } from './read-push.js';

/** Where pushed rows live. */
export interface RowStore {
  /**
   * Writes rows by compare-and-set on their event time: an older row never overwrites a newer one, an equal
   * one corrects it. Repeating a write whose reply was lost changes nothing.
   * @returns how many were written; the others were older than what is stored.
   * @throws MillraceError REDIS_UNAVAILABLE: some may be written, a retry is safe.
   */
  write(rows: readonly PushedGroupRow[]): Promise<number>;
}

const DAY_MS = 86_400_000;

/**
 * How long a row is kept after its last write: twice its TTL and at least a day, so that one that has become
 * too old is told (OUTSIDE_MAX_AGE) from one that never was (NOT_FOUND). 0: for ever.
 */
export function keepMs(ttlMs: number | undefined): number {
  return ttlMs === undefined ? 0 : Math.max(2 * ttlMs, DAY_MS);
}
