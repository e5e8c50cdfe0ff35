import {
  encodeFrame,
  partitionOf,
  type Column,
  type EventBatch,
  type EventFault,
  type EventReader,
  type FrameLayout,
  type Instant,
} from '@millrace/core';
import { partitionName, type PartitionName } from '@millrace/redis';
import type { FrameAppend } from '@millrace/stream';
import { NotJson } from './body.js';

export type Rejection = { readonly index: number } & EventFault;

/** A request's accepted rows in a gathering, `from` (included) to `to`. */
export interface Waiting<Answer> {
  readonly from: number;
  readonly to: number;
  readonly rejected: readonly Rejection[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What goes to one partition along one route, and the rows of the batch in the order in which it holds them. */
export interface PartitionFrame {
  readonly request: FrameAppend;
  readonly rows: readonly number[];
}

/** Events of one source that go to Redis together, and the requests that wait for them. */
export class Gathering<Answer> {
  readonly waiting: Waiting<Answer>[] = [];
  /** Of the first traced request: requests that travel together share one trace to the commit. */
  traceparent: string | undefined;
  readonly #batch: EventBatch;
  /** Per row; undefined for an event without an id. */
  readonly #ids: (string | undefined)[] = [];
  #hasIds = false;

  constructor(readonly reader: EventReader) {
    this.#batch = reader.begin();
  }

  /** Rows that it holds. */
  get size(): number {
    return this.#batch.size;
  }

  /**
   * Takes the events of a request that are as they should be, and answers why the others are not.
   * @param latest events later than this are rejected
   * @param idempotencyKey stands for event ids where the source has none: `<key>:<index>`
   */
  add(events: readonly unknown[], latest: Instant, idempotencyKey: string | undefined): Rejection[] {
    const rejected: Rejection[] = [];
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      const fault: EventFault | undefined =
        event instanceof NotJson
          ? { code: 'EVENT_NOT_JSON', message: event.reason }
          : this.#batch.add(event, latest);
      if (fault) {
        rejected.push({ index, ...fault });
        continue;
      }
      const own = this.#batch.eventIds[this.#batch.size - 1];
      const id = own ?? (idempotencyKey === undefined ? undefined : `${idempotencyKey}:${index}`);
      this.#ids.push(id);
      this.#hasIds ||= id !== undefined;
    }
    return rejected;
  }

  /** One frame per partition and route that its events touch. */
  frames(): PartitionFrame[] {
    const columns = this.#batch.columns();
    return this.reader.routes.flatMap((route, r) => {
      const entityIds = this.#batch.entityIds[r] as readonly string[];
      const rowsOf = new Map<number, number[]>();
      for (let row = 0; row < this.size; row++) {
        const partition = partitionOf(entityIds[row] as string, route.entity.partitions);
        const rows = rowsOf.get(partition);
        if (rows) rows.push(row);
        else rowsOf.set(partition, [row]);
      }
      return Array.from(rowsOf, ([partition, rows]) =>
        this.#frameOf(r, partitionName(route.entity.name, partition), rows, columns),
      );
    });
  }

  #frameOf(
    r: number,
    partition: PartitionName,
    rows: readonly number[],
    columns: readonly Column[],
  ): PartitionFrame {
    const { source, layouts, routes } = this.reader;
    const { eventTime } = this.#batch;
    const entityIds = this.#batch.entityIds[r] as readonly string[];
    const frame = encodeFrame(layouts[r] as FrameLayout, {
      rows,
      entityIds: rows.map((row) => entityIds[row] as string),
      eventTime,
      columns,
      traceparent: this.traceparent,
    });
    let newestEventTime = -Infinity;
    for (const row of rows) newestEventTime = Math.max(newestEventTime, eventTime[row] as number);
    const request = { partition, frame, events: rows.length, newestEventTime };
    if (!this.#hasIds) return { request, rows };
    const scope = `${source.name} ${routes[r]?.id}`;
    const byRow = rows.map((row) => this.#ids[row]);
    return { request: { ...request, ids: { scope, byRow, horizonMs: source.dedupHorizonMs } }, rows };
  }
}
