import { MillraceError, type EventReader } from '@millrace/core';
import type { PartitionName } from '@millrace/redis';
import type { AppendOutcome, FrameAppend } from '@millrace/stream';
import { Gathering, type PartitionFrame, type Waiting } from './gathering.js';
import { emptyReceipt, RowOutcomes, type Receipt } from './receipt.js';

/** Rows in one flush: large enough for the cost per append to vanish, small enough to answer soon. */
const FLUSH_ROWS_MAX = 4_096;

/** One request's events, as they came. */
export interface Submission {
  readonly events: readonly unknown[];
  /** Stands for event ids where the source has none: `<key>:<index>`. */
  readonly idempotencyKey: string | undefined;
  /** The trace of the request, where it is sampled. */
  readonly traceparent?: string | undefined;
}

export interface IntakePorts {
  /** Answers the outcomes in the order of the frames. */
  appendAll(frames: readonly FrameAppend[]): Promise<AppendOutcome[]>;
  /** Tells the workers that idle partitions have mail. Must not throw: the sweep finds what it misses. */
  wake(partitions: readonly PartitionName[]): void;
  /** ms since the epoch. */
  now(): number;
}

export interface IntakeLimits {
  readonly pendingEventsMax: number;
  readonly eventTimeAheadMaxMs: number;
}

interface SourceQueue {
  gathering: Gathering<Receipt>;
  inFlight: number;
  scheduled: boolean;
  /** How many requests went together last, and when their append returned: what tells traffic. */
  lastRequests: number;
  lastEndedAt: number;
}

/**
 * Under traffic the next requests get this long to join: those who were just answered send again, and one
 * append for all of them costs what one for some of them does.
 */
const GATHER_MS = 1;
/** A source whose last requests were answered longer ago than this has no traffic. */
const TRAFFIC_MS = 5;
/** So many rows are worth an append of their own. */
const GATHERED_ROWS = 512;

/**
 * Takes checked events to their partitions. Requests of one source are gathered while an append of that source
 * is under way, and go together when it returns: under load the cost of an append is shared. A lone event is
 * never delayed: only where several requests went together just now, the next ones wait for GATHER_MS. Every
 * request is answered for its own events only.
 */
export class Intake {
  #pendingEvents = 0;
  /** Weak: a reader belongs to one plan, and its queue goes with it. */
  readonly #queues = new WeakMap<EventReader, SourceQueue>();
  readonly #ports: IntakePorts;
  readonly #limits: IntakeLimits;

  constructor(ports: IntakePorts, limits: IntakeLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** Events that wait for Redis now. */
  get pendingEvents(): number {
    return this.#pendingEvents;
  }

  /**
   * Resolves when every accepted event is in the log of each entity that it touches.
   * @throws MillraceError MAILBOX_FULL, REDIS_UNAVAILABLE: some events may be in, a retry with ids is safe.
   */
  submit(reader: EventReader, submission: Submission): Promise<Receipt> {
    if (this.#pendingEvents >= this.#limits.pendingEventsMax) {
      const message = `${this.#pendingEvents} events wait for Redis; at most ${this.#limits.pendingEventsMax} may`;
      return Promise.reject(new MillraceError('MAILBOX_FULL', message, { retryAfterMs: 1_000 }));
    }
    const queue = this.#queueOf(reader);
    const { gathering } = queue;
    gathering.traceparent ??= submission.traceparent;
    const from = gathering.size;
    const latest = this.#ports.now() + this.#limits.eventTimeAheadMaxMs;
    const rejected = gathering.add(submission.events, latest, submission.idempotencyKey);
    const to = gathering.size;
    if (from === to) return Promise.resolve(emptyReceipt(rejected));
    this.#pendingEvents += to - from;
    return new Promise((resolve, reject) => {
      gathering.waiting.push({ from, to, rejected, resolve, reject });
      if (to >= FLUSH_ROWS_MAX) this.#flush(queue);
      else this.#schedule(queue);
    });
  }

  #queueOf(reader: EventReader): SourceQueue {
    let queue = this.#queues.get(reader);
    if (!queue) {
      const gathering = new Gathering<Receipt>(reader);
      queue = { gathering, inFlight: 0, scheduled: false, lastRequests: 0, lastEndedAt: -Infinity };
      this.#queues.set(reader, queue);
    }
    return queue;
  }

  /**
   * Flushes at the end of this round of the event loop, so that requests read in one go travel together, and
   * under traffic a moment later.
   */
  #schedule(queue: SourceQueue): void {
    if (queue.scheduled || queue.inFlight > 0) return;
    queue.scheduled = true;
    const flush = (): void => {
      queue.scheduled = false;
      if (queue.inFlight === 0) this.#flush(queue);
    };
    if (this.#hasTraffic(queue)) setTimeout(flush, GATHER_MS);
    else setImmediate(flush);
  }

  #hasTraffic({ gathering, lastRequests, lastEndedAt }: SourceQueue): boolean {
    if (lastRequests < 2 || gathering.size >= GATHERED_ROWS) return false;
    return this.#ports.now() - lastEndedAt <= TRAFFIC_MS;
  }

  #flush(queue: SourceQueue): void {
    const { gathering } = queue;
    if (gathering.waiting.length === 0) return;
    queue.gathering = new Gathering<Receipt>(gathering.reader);
    queue.inFlight++;
    void this.#send(gathering).finally(() => {
      queue.inFlight--;
      queue.lastRequests = gathering.waiting.length;
      queue.lastEndedAt = this.#ports.now();
      if (this.#hasTraffic(queue) && queue.gathering.waiting.length > 0) this.#schedule(queue);
      else this.#flush(queue);
    });
  }

  /** Appends what a gathering holds and answers every request of it. */
  async #send(gathering: Gathering<Receipt>): Promise<void> {
    try {
      const rows = await this.#append(gathering).finally(() => (this.#pendingEvents -= gathering.size));
      for (const request of gathering.waiting) answer(request, rows);
    } catch (error) {
      for (const request of gathering.waiting) request.reject(error);
    }
  }

  /** Wakes whoever has mail now before anybody is answered: a turn takes longer to begin than an answer to leave. */
  async #append(gathering: Gathering<Receipt>): Promise<RowOutcomes> {
    const frames = gathering.frames();
    const outcomes = await this.#ports.appendAll(frames.map(({ request }) => request));
    this.#wakeIdle(frames, outcomes);
    return new RowOutcomes(gathering.size, gathering.reader.routes.length, frames, outcomes);
  }

  #wakeIdle(frames: readonly PartitionFrame[], outcomes: readonly AppendOutcome[]): void {
    const idle = frames.filter((_, f) => {
      const outcome = outcomes[f];
      return outcome?.kind === 'appended' && outcome.wake;
    });
    if (idle.length > 0) this.#ports.wake(idle.map(({ request }) => request.partition));
  }
}

function answer(request: Waiting<Receipt>, rows: RowOutcomes): void {
  let receipt: Receipt;
  try {
    receipt = rows.receiptOf(request);
  } catch (error) {
    request.reject(error);
    return;
  }
  request.resolve(receipt);
}
