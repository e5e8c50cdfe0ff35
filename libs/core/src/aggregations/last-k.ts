import type { Instant } from '../time.js';
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { LedgerAccumulator, passes, type Field, type RowFilter } from './accumulator.js';
import type { Scalar } from './aggregation.js';
import { isOlder, listedRow, readRows, writeRows, type ListedRow } from './row-list.js';

/**
 * The k latest values, latest first; with `distinct`, the k latest different ones. The k latest of any window
 * are among the k latest of all, so the ledger keeps no more of the merged-away rows than those, under their own
 * times: lists stay exact whatever merges.
 */
export class LastValues extends LedgerAccumulator<ListedRow[]> {
  /** Of the singles folded so far, newest first. */
  private rows: ListedRow[] = [];
  private readonly seen = new Set<Scalar>();
  private ledger: readonly ListedRow[] = [];

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly k: number,
    private readonly distinct: boolean,
  ) {
    super();
  }

  /** The list for a window that holds the rows later than `after`. */
  valuesAfter(after: Instant): Scalar[] {
    const merged = this.ledger.filter((row) => row.time > after);
    return this.newest(this.rows, merged).map((row) => row.value);
  }

  reset(tiles: Tiles): void {
    this.rows = [];
    this.seen.clear();
    this.ledger = this.ledgerOf(tiles) ?? [];
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    for (let i = to - 1; i >= from && this.rows.length < this.k; i--) {
      if (!passes(tiles, this.filter, i)) continue;
      const row = listedRow(tiles, this.field, i);
      if (!row || (this.distinct && this.seen.has(row.value))) continue;
      this.seen.add(row.value);
      this.rows.push(row);
    }
  }

  protected override merge(tiles: Tiles, from: number, to: number): void {
    this.reset(tiles);
    this.fold(tiles, from, to);
    const ledger = this.ensureLedger(tiles);
    tiles.ledgers[this.ledgerAt] = this.newest(this.rows, ledger);
  }

  createLedger(): ListedRow[] {
    return [];
  }

  writeLedger(ledger: ListedRow[], out: StateWriter): void {
    writeRows(ledger, out);
  }

  readLedger(from: StateReader): ListedRow[] {
    return readRows(from);
  }

  /** The k newest of two lists that are each newest first. */
  private newest(a: readonly ListedRow[], b: readonly ListedRow[]): ListedRow[] {
    const newest: ListedRow[] = [];
    const taken = new Set<Scalar>();
    for (let i = 0, j = 0; newest.length < this.k && (i < a.length || j < b.length);) {
      const fromB = i === a.length || (j < b.length && isOlder(a[i]!, b[j]!));
      const row = fromB ? b[j++]! : a[i++]!;
      if (this.distinct && taken.has(row.value)) continue;
      taken.add(row.value);
      newest.push(row);
    }
    return newest;
  }
}
