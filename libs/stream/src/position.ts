import { parsePartitionName, type PartitionName } from '@millrace/redis';
import { compareEntryIds, isEntryId, type EntryId } from './entry-id.js';

/**
 * How far one request's appends reach, in each partition that it touched. Clients get it as an opaque string
 * and hand it to reads as `minPosition`, to read their own writes.
 */
export type Position = ReadonlyMap<PartitionName, EntryId>;

export function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify([...position])).toString('base64url');
}

/** Undefined for anything that `encodePosition` did not write. */
export function decodePosition(text: string): Position | undefined {
  try {
    const pairs: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(pairs)) return undefined;
    const position = new Map<PartitionName, EntryId>();
    for (const pair of pairs as unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2) return undefined;
      const [partition, entry] = pair as unknown[];
      if (typeof partition !== 'string' || !parsePartitionName(partition)) return undefined;
      if (typeof entry !== 'string' || !isEntryId(entry)) return undefined;
      position.set(partition as PartitionName, entry);
    }
    return position;
  } catch {
    return undefined;
  }
}

/** The later of two entries of one partition. */
export function laterEntry(a: EntryId, b: EntryId): EntryId {
  return compareEntryIds(a, b) >= 0 ? a : b;
}
