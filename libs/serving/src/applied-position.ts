import { setTimeout as pause } from 'node:timers/promises';
import { MillraceError, type PlanDocument } from '@millrace/core';
import { parsePartitionName, type PartitionName } from '@millrace/redis';
import { compareEntryIds, decodePosition, type EntryId, type Position } from '@millrace/stream';

/** Where the committed offsets of partitions are read. */
export interface CommittedOffsets {
  /** The last applied entry of each partition, in one round trip. @throws MillraceError REDIS_UNAVAILABLE. */
  read(partitions: readonly PartitionName[]): Promise<readonly EntryId[]>;
}

/** First look again after this long: a turn takes a few milliseconds. */
const PAUSE_MS = 2;
/** A wait that lasts longer is not about milliseconds: look less often. */
const PAUSE_MS_MAX = 20;

/** @throws MillraceError BAD_REQUEST for what ingest did not answer, or not for this plan. */
export function readPosition(text: string, plan: PlanDocument): Position {
  const position = decodePosition(text);
  if (!position) throw wrongPosition('is no position that ingest answered');
  for (const partition of position.keys()) {
    const { entity, index } = parsePartitionName(partition) ?? {};
    const known = plan.entities.find(({ name }) => name === entity);
    if (!known || index === undefined || index >= known.partitions) {
      throw wrongPosition(`names the partition ${partition}, which is not in this plan`);
    }
  }
  return position;
}

/**
 * Waits until everything up to the position is applied, so that a read that follows sees it.
 * @throws MillraceError POSITION_NOT_REACHED after `waitMs`, naming the partitions that are behind.
 */
export async function waitUntilApplied(
  position: Position,
  waitMs: number,
  offsets: CommittedOffsets,
): Promise<void> {
  const deadline = performance.now() + waitMs;
  let behind = [...position.keys()];
  for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    const applied = await offsets.read(behind);
    behind = behind.filter((partition, i) => {
      const [wanted, reached] = [position.get(partition), applied[i]];
      return wanted !== undefined && (reached === undefined || compareEntryIds(reached, wanted) < 0);
    });
    if (behind.length === 0) return;
    const left = deadline - performance.now();
    if (left <= 0) throw notReached(behind, waitMs);
    await pause(Math.min(pauseMs, left));
  }
}

function wrongPosition(what: string): MillraceError {
  return new MillraceError('BAD_REQUEST', `minPosition: ${what}`, { field: 'minPosition' });
}

function notReached(behind: readonly PartitionName[], waitMs: number): MillraceError {
  return new MillraceError(
    'POSITION_NOT_REACHED',
    `the position was not applied within ${waitMs} ms; behind: ${behind.slice(0, 5).join(', ')}`,
    { waitMs, behind: behind.slice(0, 20), retryAfterMs: 1_000 },
  );
}
