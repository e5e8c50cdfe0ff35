import { MillraceError, type DurationMs, type Instant } from '@millrace/core';
import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import { RedisScript, type ScriptArgument } from '@millrace/redis';
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
  readonly ids?: {
    readonly scope: string;
    readonly byRow: readonly (string | undefined)[];
    /** How long these are remembered at least; absent: `EventLogLimits.dedupHorizonMs`. */
    readonly horizonMs?: DurationMs | undefined;
  };
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

/** What became of one of several frames. */
export type AppendOutcome =
  | AppendResult
  | {
      /** Redis refused or did not answer in time. A repetition with the same ids is safe. */
      readonly kind: 'unknown';
      /** REDIS_UNAVAILABLE. */
      readonly error: MillraceError;
    };

/** What waits in one partition before appends are refused. */
export interface MailboxLimits {
  /** Frames in a mailbox; default 20,000. */
  readonly mailboxFrames: number;
  /** Bytes of frames in a mailbox; default 64 MiB: sixteen full ones are 1 GiB. */
  readonly mailboxBytes: number;
}

export interface EventLogLimits extends MailboxLimits {
  /** How long an event id is remembered, at least, where its source says nothing; default 10 min. */
  readonly dedupHorizonMs: number;
}

export const EVENT_LOG_LIMITS: EventLogLimits = {
  mailboxFrames: 20_000,
  mailboxBytes: 64 * 1024 * 1024,
  dedupHorizonMs: 600_000,
};

/**
 * Ids per bucket, on average, before a generation is full: Redis keeps sets of up to 512 integers at 8 bytes each, which
 * one bucket in a thousand exceeds. Large frames look into all buckets that there are, so fewer are better.
 */
const SEEN_BUCKET_IDS = 448;

/** Rows whose frames one script appends: about a millisecond of Redis' time, for which reads wait. */
const APPENDED_ROWS_AT_ONCE = 256;

/** Buckets deleted by one script: about a millisecond of Redis' time. */
const FORGOTTEN_AT_ONCE = 512;

const NO_IDS = { hashes: '', places: '' };

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
    const [outcome] = await this.#appendTogether([request]);
    if (!outcome || outcome.kind === 'unknown') throw outcome?.error ?? new Error('no outcome');
    return outcome;
  }

  /**
   * Appends frames to different partitions, each for itself; the outcomes come in the order of the frames. One
   * script takes several of them, because a call costs more than a small frame does. Keys of several partitions
   * may not be in one call of a cluster, whose slots they share out among nodes.
   */
  async appendAll(requests: readonly FrameAppend[]): Promise<AppendOutcome[]> {
    const rowsAtOnce = this.#redis.isCluster ? 1 : APPENDED_ROWS_AT_ONCE;
    const calls: Promise<AppendOutcome[]>[] = [];
    for (let from = 0; from < requests.length;) {
      let [to, rows] = [from, 0];
      while (to < requests.length && (to === from || rows < rowsAtOnce)) rows += requests[to++]?.events ?? 0;
      calls.push(this.#appendTogether(requests.slice(from, to)));
      from = to;
    }
    return calls.length === 1 ? (calls[0] as Promise<AppendOutcome[]>) : (await Promise.all(calls)).flat();
  }

  async #appendTogether(requests: readonly FrameAppend[]): Promise<AppendOutcome[]> {
    const keys: string[] = [];
    const { mailboxFrames, mailboxBytes, dedupHorizonMs } = this.#limits;
    const args: ScriptArgument[] = [mailboxFrames, mailboxBytes, SEEN_BUCKET_IDS, this.#keys.mailPrefix];
    for (const { partition, frame, events, newestEventTime, ids } of requests) {
      keys.push(this.#keys.log(partition), this.#keys.meta(partition));
      args.push(frame, events, newestEventTime, this.#keys.seenPrefix(partition));
      const { hashes, places } = ids ? hashEventIds(ids.scope, ids.byRow) : NO_IDS;
      args.push(ids?.horizonMs ?? dedupHorizonMs, hashes, places);
    }
    try {
      const replies = (await append.run(this.#redis, keys, args)) as readonly AppendReply[];
      return replies.map(resultOf);
    } catch (cause) {
      const error = unavailable(cause);
      return requests.map(() => ({ kind: 'unknown', error }));
    }
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

  /** Deletes the event ids that are beyond the horizon, in steps that each hold Redis up for about a millisecond. */
  async forgetSeen(partition: PartitionName): Promise<void> {
    const keys = [this.#keys.meta(partition)];
    for (let place: readonly number[] = [0, 0]; place.length > 0;) {
      const args = [this.#keys.seenPrefix(partition), ...place, FORGOTTEN_AT_ONCE];
      place = (await forgetSeen.run(this.#redis, keys, args)) as readonly number[];
    }
  }
}

/** What append.lua answers for one partition. */
type AppendReply = readonly [tag: Buffer, ...rest: (number | Buffer)[]];

function resultOf([tag, ...rest]: AppendReply): AppendResult {
  if (tag.toString('latin1') === 'appended') {
    const [entry, wake, ...duplicates] = rest;
    return {
      kind: 'appended',
      entry: String(entry) as EntryId,
      wake: wake === 1,
      duplicates: duplicates as number[],
    };
  }
  const [retryAfterMs = 0, frames = 0, bytes = 0] = rest as number[];
  return { kind: 'mailbox-full', retryAfterMs, frames, bytes };
}
