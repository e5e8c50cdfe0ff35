import { RedisScript, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import { countSeenIds, LOG_START, unavailable, type EntryId } from '@millrace/stream';

/** One partition, as `GET /v1/partitions` shows it. */
export interface PartitionStatus {
  readonly partition: PartitionName;
  /** Of the newest turn: only it may commit. Ever higher, not without gaps. */
  readonly generation: number;
  /** Who began the newest turn; undefined before the first. */
  readonly worker: string | undefined;
  /** Everything up to here is in the states. */
  readonly offset: EntryId;
  /** The newest frame of the log. */
  readonly lastEntry: EntryId;
  readonly mailbox: { readonly frames: number; readonly events: number; readonly bytes: number };
  /** Age of the oldest frame that is not yet applied; 0 when there is none. */
  readonly lagMs: number;
  readonly applied: { readonly frames: number; readonly events: number; readonly bytes: number };
  /** Bytes of frames applied per second, of late. */
  readonly drainBytesPerSecond: number;
  /** The newest event time ever appended, ms; undefined before the first event. */
  readonly newestEventTime: number | undefined;
  /** Events, once for each group, that came after every window that could have held them had passed. */
  readonly tooLate: number;
  /** Events older on arrival than the de-duplication horizon: a repetition of those may not be recognized. */
  readonly beyondHorizon: number;
  readonly deadLetters: { readonly kept: number; readonly bytes: number; readonly dropped: number };
  /** Applied frames that are kept for groups to come; bytes by the average size of all that were applied. */
  readonly history: { readonly frames: number; readonly bytes: number };
  /** Event ids that are remembered, to recognize repetitions. */
  readonly seenIds: number;
  /** Whether a turn is due or running. */
  readonly awake: boolean;
}

const partitionStatus = RedisScript.beside(import.meta.url, 'partition-status');

/** The status of partitions, in their order. @throws MillraceError REDIS_UNAVAILABLE */
export function readPartitionStatus(
  redis: RedisConnection,
  keys: Keys,
  partitions: readonly PartitionName[],
): Promise<PartitionStatus[]> {
  return Promise.all(partitions.map((partition) => statusOf(redis, keys, partition))).catch(
    (error: unknown) => {
      throw unavailable(error);
    },
  );
}

async function statusOf(
  redis: RedisConnection,
  keys: Keys,
  partition: PartitionName,
): Promise<PartitionStatus> {
  const [now, oldest, frames, deadLetters, ...pairs] = (await partitionStatus.run(
    redis,
    [keys.meta(partition), keys.log(partition), keys.dead(partition)],
    [],
  )) as [number, Buffer, number, number, ...Buffer[]];
  const meta = new Map<string, Buffer>();
  for (let i = 0; i + 1 < pairs.length; i += 2) meta.set(String(pairs[i]), pairs[i + 1] as Buffer);
  const text = (field: string): string | undefined => meta.get(field)?.toString();
  const number = (field: string): number => Number(text(field) ?? 0);
  const pending = (what: string): number => number(`appended_${what}`) - number(`applied_${what}`);
  const newest = text('newest');
  const kept = frames - pending('frames');
  return {
    partition,
    generation: number('generation'),
    worker: text('worker'),
    offset: (text('offset') ?? LOG_START) as EntryId,
    lastEntry: (text('last_entry') ?? LOG_START) as EntryId,
    mailbox: { frames: pending('frames'), events: pending('events'), bytes: pending('bytes') },
    lagMs: oldest.length > 0 ? Math.max(0, now - Number(String(oldest).split('-')[0])) : 0,
    applied: {
      frames: number('applied_frames'),
      events: number('applied_events'),
      bytes: number('applied_bytes'),
    },
    drainBytesPerSecond: number('drain_rate'),
    newestEventTime: newest === undefined ? undefined : Number(newest),
    tooLate: number('too_late'),
    beyondHorizon: number('beyond_horizon'),
    deadLetters: { kept: deadLetters, bytes: number('dead_bytes'), dropped: number('dead_dropped') },
    history: {
      frames: kept,
      bytes: Math.round((kept * number('applied_bytes')) / Math.max(1, number('applied_frames'))),
    },
    seenIds: countSeenIds(meta.get('seen')),
    awake: meta.has('awake'),
  };
}
