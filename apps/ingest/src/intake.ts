import {
  encodeFrame,
  MillraceError,
  partitionOf,
  type EventBatch,
  type EventFault,
  type EventReader,
} from '@millrace/core';
import { partitionName, type PartitionName } from '@millrace/redis';
import {
  laterEntry,
  type AppendResult,
  type EntryId,
  type FrameAppend,
  type Position,
} from '@millrace/stream';
import type { BodyEvent } from './body.js';

/** Rows in one flush: large enough for the cost per append to vanish, small enough to answer soon. */
const FLUSH_ROWS_MAX = 4_096;

/** One request's events, as they came. */
export interface Submission {
  readonly events: readonly BodyEvent[];
  /** Stands for event ids where the source has none: `<key>:<index>`. */
  readonly idempotencyKey: string | undefined;
  /** The trace of the request, where it is sampled. */
  readonly traceparent?: string | undefined;
}

/** What became of one request's events. */
export interface Receipt {
  readonly accepted: number;
  /** Events whose ids had been accepted before: they took effect then and do not again. */
  readonly duplicates: number;
  readonly rejected: readonly ({ readonly index: number } & EventFault)[];
  readonly position: Position;
}

export interface IntakePorts {
  append(request: FrameAppend): Promise<AppendResult>;
  /** Tells the workers that idle partitions have mail. Must not throw: the sweep finds what it misses. */
  wake(partitions: readonly PartitionName[]): void;
  /** ms since the epoch. */
  now(): number;
}

export interface IntakeLimits {
  readonly pendingEventsMax: number;
  readonly eventTimeAheadMaxMs: number;
}

/** A request's accepted rows in a gathering, `from` (included) to `to`. */
interface Waiting {
  readonly from: number;
  readonly to: number;
  readonly rejected: ({ index: number } & EventFault)[];
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Events of one source that go to Redis together. */
class Gathering {
  readonly batch: EventBatch;
  readonly ids: (string | undefined)[] = [];
  readonly waiting: Waiting[] = [];
  /** Of the first traced request: requests that travel together share one trace to the commit. */
  traceparent: string | undefined;

  constructor(readonly reader: EventReader) {
    this.batch = reader.begin();
  }
}

interface SourceQueue {
  gathering: Gathering;
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
    const from = gathering.batch.size;
    const rejected = this.#check(gathering, submission);
    const to = gathering.batch.size;
    if (from === to) {
      return Promise.resolve({ accepted: 0, duplicates: 0, rejected, position: new Map() });
    }
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
      const gathering = new Gathering(reader);
      queue = { gathering, inFlight: 0, scheduled: false, lastRequests: 0, lastEndedAt: -Infinity };
      this.#queues.set(reader, queue);
    }
    return queue;
  }

  #check(gathering: Gathering, submission: Submission): ({ index: number } & EventFault)[] {
    const latest = this.#ports.now() + this.#limits.eventTimeAheadMaxMs;
    const rejected: ({ index: number } & EventFault)[] = [];
    submission.events.forEach((event, index) => {
      const fault: EventFault | undefined =
        'notJson' in event
          ? { code: 'EVENT_NOT_JSON', message: event.notJson }
          : gathering.batch.add(event.value, latest);
      if (fault) {
        rejected.push({ index, ...fault });
        return;
      }
      const own = gathering.batch.eventIds[gathering.batch.size - 1];
      const key = submission.idempotencyKey;
      gathering.ids.push(own ?? (key === undefined ? undefined : `${key}:${index}`));
    });
    return rejected;
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
    if (lastRequests < 2 || gathering.batch.size >= GATHERED_ROWS) return false;
    return this.#ports.now() - lastEndedAt <= TRAFFIC_MS;
  }

  #flush(queue: SourceQueue): void {
    const { gathering } = queue;
    if (gathering.waiting.length === 0) return;
    queue.gathering = new Gathering(gathering.reader);
    queue.inFlight++;
    void this.#append(gathering)
      .then(
        (outcomes) => this.#answer(gathering, () => settle(gathering, outcomes)),
        (error: unknown) => this.#answer(gathering, () => fail(gathering, error)),
      )
      .finally(() => {
        queue.inFlight--;
        queue.lastRequests = gathering.waiting.length;
        queue.lastEndedAt = this.#ports.now();
        if (this.#hasTraffic(queue) && queue.gathering.waiting.length > 0) this.#schedule(queue);
        else this.#flush(queue);
      });
  }

  #answer(gathering: Gathering, answer: () => void): void {
    this.#pendingEvents -= gathering.batch.size;
    answer();
  }

  async #append(gathering: Gathering): Promise<Outcome[]> {
    const outcomes = await Promise.all(
      framesOf(gathering).map(async ({ request, rows }): Promise<Outcome> => {
        const { partition } = request;
        try {
          return { partition, rows, result: await this.#ports.append(request) };
        } catch (error) {
          return { partition, rows, error };
        }
      }),
    );
    const idle = outcomes.filter((outcome) => 'result' in outcome && isIdle(outcome.result));
    if (idle.length > 0) this.#ports.wake(idle.map(({ partition }) => partition));
    return outcomes;
  }
}

function isIdle(result: AppendResult): boolean {
  return result.kind === 'appended' && result.wake;
}

interface PartitionFrame {
  readonly request: FrameAppend;
  /** Rows of the batch, in the order in which they stand in the frame. */
  readonly rows: readonly number[];
}

type Outcome = { readonly partition: PartitionName; readonly rows: readonly number[] } & (
  { readonly result: AppendResult } | { readonly error: unknown }
);

/** One frame per partition and route that the batch touches. */
function framesOf({ reader, batch, ids, traceparent }: Gathering): PartitionFrame[] {
  const columns = batch.columns();
  const hasIds = ids.some((id) => id !== undefined);
  return reader.routes.flatMap((route, r) => {
    const { entity } = route;
    const entityIds = batch.entityIds[r] as readonly string[];
    const rowsOf = new Map<number, number[]>();
    for (let row = 0; row < batch.size; row++) {
      const partition = partitionOf(entityIds[row] as string, entity.partitions);
      const rows = rowsOf.get(partition);
      if (rows) rows.push(row);
      else rowsOf.set(partition, [row]);
    }
    const layout = reader.layouts[r];
    if (!layout) throw new Error(`route ${route.id} has no layout`);
    return Array.from(rowsOf, ([partition, rows]): PartitionFrame => {
      const frame = encodeFrame(layout, {
        rows,
        entityIds: rows.map((row) => entityIds[row] as string),
        eventTime: batch.eventTime,
        columns,
        traceparent,
      });
      const request = {
        partition: partitionName(entity.name, partition),
        frame,
        events: rows.length,
        newestEventTime: rows.reduce(
          (newest, row) => Math.max(newest, batch.eventTime[row] as number),
          -Infinity,
        ),
      };
      if (!hasIds) return { request, rows };
      const scope = `${reader.source.name} ${route.id}`;
      return { request: { ...request, ids: { scope, byRow: rows.map((row) => ids[row]) } }, rows };
    });
  });
}

/** What became of each row of a gathering, over all its routes. */
class RowOutcomes {
  private readonly failed: unknown[] = [];
  /** In how many routes a row was a duplicate. */
  private readonly duplicates: Uint8Array;
  private readonly entries: { readonly partition: PartitionName; readonly entry: EntryId }[] = [];
  /** Per row, the indices in `entries` of the frames that hold it. */
  private readonly entriesOf: number[][];

  constructor(
    size: number,
    private readonly routes: number,
    outcomes: readonly Outcome[],
  ) {
    this.duplicates = new Uint8Array(size);
    this.entriesOf = Array.from({ length: size }, () => []);
    for (const outcome of outcomes) this.record(outcome);
  }

  private record(outcome: Outcome): void {
    const { partition, rows } = outcome;
    if (!('result' in outcome) || outcome.result.kind !== 'appended') {
      const error = errorOf(outcome);
      for (const row of rows) this.failed[row] = error;
      return;
    }
    const { result } = outcome;
    for (const index of result.duplicates) {
      const row = rows[index] as number;
      this.duplicates[row] = (this.duplicates[row] as number) + 1;
    }
    const index = this.entries.push({ partition, entry: result.entry }) - 1;
    for (const row of rows) this.entriesOf[row]?.push(index);
  }

  /** The first error among the rows of a request. */
  errorOf(from: number, to: number): unknown {
    for (let row = from; row < to; row++) if (this.failed[row] !== undefined) return this.failed[row];
    return undefined;
  }

  /** Rows that were duplicates wherever they went. */
  duplicatesOf(from: number, to: number): number {
    let count = 0;
    for (let row = from; row < to; row++) if (this.duplicates[row] === this.routes) count++;
    return this.routes === 0 ? 0 : count;
  }

  positionOf(from: number, to: number): Position {
    const position = new Map<PartitionName, EntryId>();
    const touched = new Set<number>();
    for (let row = from; row < to; row++) for (const index of this.entriesOf[row] ?? []) touched.add(index);
    for (const index of touched) {
      const { partition, entry } = this.entries[index] as { partition: PartitionName; entry: EntryId };
      const known = position.get(partition);
      position.set(partition, known === undefined ? entry : laterEntry(known, entry));
    }
    return position;
  }
}

/** Answers every request of a gathering from the outcomes of its own rows. */
function settle({ reader, batch, waiting }: Gathering, outcomes: readonly Outcome[]): void {
  const rows = new RowOutcomes(batch.size, reader.routes.length, outcomes);
  for (const { from, to, rejected, resolve, reject } of waiting) {
    const error = rows.errorOf(from, to);
    if (error !== undefined) {
      reject(error);
      continue;
    }
    const duplicates = rows.duplicatesOf(from, to);
    resolve({ accepted: to - from - duplicates, duplicates, rejected, position: rows.positionOf(from, to) });
  }
}

function fail({ waiting }: Gathering, error: unknown): void {
  for (const request of waiting) request.reject(error);
}

function errorOf(outcome: Outcome): unknown {
  if ('error' in outcome) return outcome.error;
  const { result, partition } = outcome;
  if (result.kind === 'appended') return undefined;
  const { retryAfterMs, frames, bytes } = result;
  const message = `the mailbox of ${partition} is full: ${frames} frames, ${bytes} bytes wait`;
  return new MillraceError('MAILBOX_FULL', message, { retryAfterMs, partition });
}
