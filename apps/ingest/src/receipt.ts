import { MillraceError } from '@millrace/core';
import type { PartitionName } from '@millrace/redis';
import { encodePosition, laterEntry, type AppendOutcome, type EntryId } from '@millrace/stream';
import type { PartitionFrame, Rejection, Waiting } from './gathering.js';

/** What became of one request's events. */
export interface Receipt {
  readonly accepted: number;
  /** Events whose ids had been accepted before: they took effect then and do not again. */
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  /** How far its appends reach, as clients send it back. */
  readonly position: string;
}

/** Of a request none of whose events was accepted. */
export function emptyReceipt(rejected: readonly Rejection[]): Receipt {
  return { accepted: 0, duplicates: 0, rejected, position: encodePosition(new Map()) };
}

/** The answer of `POST /v1/events/{source}`, put together from what needs no escaping. */
export function writeReceipt(receipt: Receipt, notice: string | undefined): string {
  const { accepted, duplicates, rejected, position } = receipt;
  const faults = rejected.length === 0 ? '[]' : JSON.stringify(rejected);
  const more = notice === undefined ? '' : `,"notice":${JSON.stringify(notice)}`;
  return `{"accepted":${accepted},"duplicates":${duplicates},"rejected":${faults},"position":"${position}"${more}}`;
}

/** What became of each row of a gathering, over all its routes: answers each request for its own rows. */
export class RowOutcomes {
  readonly #frames: readonly PartitionFrame[];
  readonly #outcomes: readonly AppendOutcome[];
  readonly #routes: number;
  /** Of each row in turn, the frames that hold it: one along each route. */
  readonly #framesOf: Uint32Array;
  /** In how many routes a row was a duplicate. */
  readonly #duplicates: Uint8Array;
  /** By frame: requests of one event that travelled in the same frame have the same position. */
  readonly #positions: string[] = [];

  constructor(
    size: number,
    routes: number,
    frames: readonly PartitionFrame[],
    outcomes: readonly AppendOutcome[],
  ) {
    this.#frames = frames;
    this.#outcomes = outcomes;
    this.#routes = routes;
    this.#framesOf = new Uint32Array(size * routes);
    this.#duplicates = new Uint8Array(size);
    const routesSeen = new Uint8Array(size);
    for (let f = 0; f < frames.length; f++) {
      const { rows } = frames[f] as PartitionFrame;
      for (const row of rows) this.#framesOf[row * routes + countUp(routesSeen, row)] = f;
      const outcome = outcomes[f] as AppendOutcome;
      if (outcome.kind !== 'appended') continue;
      for (const index of outcome.duplicates) countUp(this.#duplicates, rows[index] as number);
    }
  }

  /** @throws MillraceError MAILBOX_FULL, REDIS_UNAVAILABLE: what kept an event of the request out of a log */
  receiptOf({ from, to, rejected }: Waiting<Receipt>): Receipt {
    const ofRows = this.#framesOf.subarray(from * this.#routes, to * this.#routes);
    const touched = ofRows.length === 1 ? [ofRows[0] as number] : [...new Set(ofRows)];
    for (const f of touched) this.#mustBeAppended(f, touched);
    const duplicates = this.#duplicatesOf(from, to);
    const [only = 0] = touched;
    const position =
      touched.length === 1
        ? (this.#positions[only] ??= this.#positionOf(touched))
        : this.#positionOf(touched);
    return { accepted: to - from - duplicates, duplicates, rejected, position };
  }

  #mustBeAppended(f: number, touched: readonly number[]): void {
    const outcome = this.#outcomes[f] as AppendOutcome;
    if (outcome.kind === 'appended') return;
    if (outcome.kind === 'unknown') throw outcome.error;
    const { frames, bytes } = outcome;
    // When all of them have room: the first alone would have the request come back too soon.
    const retryAfterMs = Math.max(...touched.map((other) => this.#retryAfterMs(other)));
    const { partition } = (this.#frames[f] as PartitionFrame).request;
    const message = `the mailbox of ${partition} is full: ${frames} frames, ${bytes} bytes wait`;
    throw new MillraceError('MAILBOX_FULL', message, { retryAfterMs, partition });
  }

  #retryAfterMs(f: number): number {
    const outcome = this.#outcomes[f] as AppendOutcome;
    return outcome.kind === 'mailbox-full' ? outcome.retryAfterMs : 0;
  }

  /** Rows that were duplicates wherever they went. */
  #duplicatesOf(from: number, to: number): number {
    if (this.#routes === 0) return 0;
    let count = 0;
    for (let row = from; row < to; row++) if (this.#duplicates[row] === this.#routes) count++;
    return count;
  }

  #positionOf(touched: readonly number[]): string {
    const position = new Map<PartitionName, EntryId>();
    for (const f of touched) {
      const outcome = this.#outcomes[f] as AppendOutcome;
      if (outcome.kind !== 'appended') continue;
      const { partition } = (this.#frames[f] as PartitionFrame).request;
      const known = position.get(partition);
      position.set(partition, known === undefined ? outcome.entry : laterEntry(known, outcome.entry));
    }
    return encodePosition(position);
  }
}

/** Answers what was there before. */
function countUp(counts: Uint8Array, at: number): number {
  const count = counts[at] as number;
  counts[at] = count + 1;
  return count;
}
