import { MillraceError, type Instant } from '@millrace/core';
import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import { RedisScript } from '@millrace/redis';
import { LOG_START, type EntryId } from './entry-id.js';
import { hashEventIds } from './event-id-hash.js';
import { unavailable } from './unavailable.js';

/** One frame on its way to one partition. */
export interface FrameAppend {
  readonly partition: PartitionName;
  /** What `encodeFrame` made. */
  readonly frame: Buffer;
  /** Rows in the frame. */
  readonly events: number;
  /** The newest event time in the frame. */
  readonly newestEventTime: Instant;
  /**
   * Event ids by row, undefined for a row without one; `scope` is what ids are unique in: the source and the
   * route, since one event may reach a partition by two routes. Absent: nothing is de-duplicated.
   */
  readonly ids?: { readonly scope: string; readonly byRow: readonly (string | undefined)[] };
}

export type AppendResult =
  | {
      /** Durable as far as Redis' AOF goes; each row that is no duplicate will take effect exactly once. */
      readonly kind: 'appended';
      /** Where the rows are to be found; for a frame of duplicates only, the newest entry of the log. */
      readonly entry: EntryId;
      /** Rows whose ids were accepted within the horizon before, or stand twice in the frame. */
      readonly duplicates: readonly number[];
      /** The partition was idle: the caller must wake it (`TurnDispatcher.wake`). */
      readonly wake: boolean;
    }
  | {
      /** Nothing was appended. */
      readonly kind: 'mailbox-full';
      /** When a quarter of the mailbox will be free at the present drain rate. */
      readonly retryAfterMs: number;
      readonly frames: number;
      readonly bytes: number;
    };

export interface EventLogLimits {
  /** Frames in a mailbox; default 20,000. */
  readonly mailboxFrames: number;
  /** Bytes of frames in a mailbox; default 64 MiB: sixteen full ones are 1 GiB. */
  readonly mailboxBytes: number;
  /** How long an event id is remembered, at least; default 10 min. */
  readonly dedupHorizonMs: number;
}

export const EVENT_LOG_LIMITS: EventLogLimits = {
  mailboxFrames: 20_000,
  mailboxBytes: 64 * 1024 * 1024,
  dedupHorizonMs: 600_000,
};

/** Ids per bucket before a generation grows: Redis keeps sets of up to 512 integers at 8 bytes each. */
const SEEN_BUCKET_IDS = 384;

/** Buckets deleted by one script: some milliseconds of Redis' time. */
const FORGOTTEN_AT_ONCE = 4_096;

const append = RedisScript.beside(import.meta.url, 'append');
const forgetSeen = RedisScript.beside(import.meta.url, 'forget-seen');

/** The logs of all partitions: where accepted events are, in the order in which they take effect. */
export class EventLog {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #limits: EventLogLimits;

  constructor(redis: RedisConnection, keys: Keys, limits: EventLogLimits = EVENT_LOG_LIMITS) {
    this.#redis = redis;
    this.#keys = keys;
    this.#limits = limits;
  }

  /**
   * Appends a frame and remembers its event ids, both or neither.
   * @throws MillraceError REDIS_UNAVAILABLE where Redis refused or did not answer in time. The outcome is
   * then unknown; a repetition with the same ids is safe.
   */
  async append(request: FrameAppend): Promise<AppendResult> {
    const { partition } = request;
    const reply = await append
      .run(
        this.#redis,
        [this.#keys.log(partition), this.#keys.meta(partition)],
        [
          request.frame,
          request.events,
          request.newestEventTime,
          this.#limits.mailboxFrames,
          this.#limits.mailboxBytes,
          this.#keys.seenPrefix(partition),
          this.#limits.dedupHorizonMs,
          SEEN_BUCKET_IDS,
          ...(request.ids ? hashEventIds(request.ids.scope, request.ids.byRow) : []),
        ],
      )
      .catch((error: unknown) => {
        throw unavailable(error);
      });
    if (!Array.isArray(reply)) throw new MillraceError('INTERNAL', 'append answered no list');
    const [tag, ...rest] = reply as [Buffer, ...(number | Buffer)[]];
    if (tag.toString('latin1') === 'appended') {
      const [entry, wake, ...duplicates] = rest;
      return {
        kind: 'appended',
        entry: String(entry) as EntryId,
        wake: wake === 1,
        duplicates: duplicates as number[],
      };
    }
    const [retryAfterMs, frames, bytes] = rest as number[];
    return { kind: 'mailbox-full', retryAfterMs: retryAfterMs!, frames: frames!, bytes: bytes! };
  }

  /** The committed offset of each partition: everything up to it is in the actors' states. */
  async committedOffsets(partitions: readonly PartitionName[]): Promise<Map<PartitionName, EntryId>> {
    const offsets = await Promise.all(
      partitions.map((partition) => this.#redis.hget(this.#keys.meta(partition), 'offset')),
    ).catch((error: unknown) => {
      throw unavailable(error);
    });
    return new Map(partitions.map((partition, i) => [partition, (offsets[i] ?? LOG_START) as EntryId]));
  }

  /** Deletes the event ids that are beyond the horizon, in steps that each hold Redis up for milliseconds. */
  async forgetSeen(partition: PartitionName): Promise<void> {
    const keys = [this.#keys.meta(partition)];
    const args = [this.#keys.seenPrefix(partition), this.#limits.dedupHorizonMs, FORGOTTEN_AT_ONCE];
    while ((await forgetSeen.run(this.#redis, keys, args)) === 1);
  }
}
