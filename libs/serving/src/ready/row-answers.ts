import type { Instant } from '@millrace/core';
import type { StoredGroup } from '../groups/group-reader.js';
import type { HashContents } from '../hash-reads.js';
import type { PlannedReads } from '../planned-reads.js';
import type { MadeRow, ReadyRow, ReadyRows, ReadyTime } from './ready-rows.js';

/** Where the text of a row lies in the answer. */
interface Written {
  readonly from: number;
  readonly to: number;
}

/**
 * Which rows of one request are ready, and which are worth keeping when they are made. Nothing is kept before the whole
 * answer is written, because that may write over a row that was found; so all of it happens without a pause.
 */
export class RowAnswers {
  private readonly found: (ReadyRow | undefined)[] = [];
  private readonly keys: string[] = [];
  private readonly offered: (ReadyTime | undefined)[] = [];
  private readonly written: (Written | undefined)[] = [];
  /** Whether every row is there: then nothing has to be decoded. */
  readonly isWhole: boolean;

  /** @param selection a text that no other selection of features has */
  constructor(
    private readonly ready: ReadyRows,
    selection: string,
    private readonly planned: PlannedReads,
    private readonly contents: readonly HashContents[],
    rows: number,
    asOf: Instant,
  ) {
    let isWhole = true;
    for (let row = 0; row < rows; row++) {
      const key = planned.keyOf(row, selection);
      const found = ready.find(key, planned.contentsOf(row, contents), asOf);
      this.keys.push(key);
      this.found.push(found);
      isWhole &&= found !== undefined;
    }
    this.isWhole = isWhole;
  }

  /** The answer of a row, where there is one. */
  row(row: number): ReadyRow | undefined {
    return this.found[row];
  }

  /** Looks whether a row that was read as of its instant should be kept: not one that failed, not for an instant. */
  offer(row: number, asOf: Instant, groups: readonly (StoredGroup | undefined)[]): void {
    if (!this.ready.isWanted(this.keys[row] as string)) return;
    let until = Infinity;
    for (const group of groups) until = Math.min(until, group ? group.settledUntil(asOf) : asOf);
    if (until > asOf) this.offered[row] = { from: asOf, until };
  }

  /** Notes where the text of the values of a row that was made lies. */
  wrote(row: number, from: number, to: number): void {
    if (this.offered[row]) this.written[row] = { from, to };
  }

  /** Keeps what was offered and written, and what was found. @param made a row whose text lies there */
  keep(made: (row: number, from: number, to: number) => MadeRow): void {
    for (let row = 0; row < this.keys.length; row++) {
      const key = this.keys[row] as string;
      const [found, time, written] = [this.found[row], this.offered[row], this.written[row]];
      if (found) this.ready.renew(key, found);
      if (!time || !written) continue;
      const contents = this.planned.contentsOf(row, this.contents);
      this.ready.keep(key, time, made(row, written.from, written.to), contents);
    }
  }
}
