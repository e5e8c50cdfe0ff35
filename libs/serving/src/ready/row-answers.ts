import type { Instant } from '@millrace/core';
import type { StoredGroup } from '../groups/group-reader.js';
import type { HashContents } from '../hash-reads.js';
import type { PlannedReads } from '../planned-reads.js';
import { PackedContents, type ReadyRow, type ReadyRows } from './ready-rows.js';

/** A row that will be kept once its text is there. */
interface Offered {
  readonly key: string;
  readonly from: Instant;
  readonly until: Instant;
  readonly contents: PackedContents;
}

/** Which rows of one request are ready, and which are worth keeping when they are. */
export class RowAnswers {
  private readonly found: (ReadyRow | undefined)[] = [];
  private readonly keys: string[] = [];
  private readonly offered: (Offered | undefined)[] = [];

  /** @param selection a text that no other selection of features has */
  constructor(
    private readonly ready: ReadyRows,
    selection: string,
    private readonly planned: PlannedReads,
    private readonly contents: readonly HashContents[],
    rows: number,
    asOf: Instant,
  ) {
    for (let row = 0; row < rows; row++) {
      const key = planned.keyOf(row, selection);
      this.keys.push(key);
      this.found.push(ready.find(key, planned.contentsOf(row, contents), asOf));
    }
  }

  /** The answer of a row, where there is one. */
  row(row: number): ReadyRow | undefined {
    return this.found[row];
  }

  /** Looks whether a row that was read as of its instant should be kept: not one that failed, not for an instant. */
  offer(row: number, asOf: Instant, groups: readonly (StoredGroup | undefined)[]): void {
    const key = this.keys[row] as string;
    if (!this.ready.isWanted(key)) return;
    let until = Infinity;
    for (const group of groups) until = Math.min(until, group ? group.settledUntil(asOf) : asOf);
    if (until <= asOf) return;
    const contents = PackedContents.of(this.planned.contentsOf(row, this.contents));
    if (contents) this.offered[row] = { key, from: asOf, until, contents };
  }

  /** Keeps the text of an offered row. Both are copied. */
  answered(row: number, json: Uint8Array, statuses: Uint8Array): void {
    const offered = this.offered[row];
    if (!offered) return;
    const { key, ...rest } = offered;
    const kept = Buffer.allocUnsafeSlow(json.length);
    kept.set(json);
    this.ready.keep(key, { ...rest, json: kept, statuses: statuses.slice() });
  }
}
