import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';
import type { Scalar } from './aggregation.js';
import { isOlder, listedRow, readRows, writeRows, type ListedRow } from './row-list.js';

/** The k earliest values, earliest first. Any tile may become the window's oldest, so each keeps k rows. */
export class FirstValues extends Accumulator {
  readonly laneCount = 0;
  override readonly boxed = true;
  /** Oldest first, at most k. */
  private rows: ListedRow[] = [];

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly k: number,
  ) {
    super();
  }

  get values(): Scalar[] {
    return this.rows.map((row) => row.value);
  }

  reset(): void {
    this.rows = [];
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (this.isFullBefore(tiles, i) || !passes(tiles, this.filter, i)) continue;
      const row = listedRow(tiles, this.field, i);
      if (row) this.offer(row);
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const boxes = tiles.boxes[this.boxAt]!;
    for (let i = from; i < to; i++) {
      if (this.isFullBefore(tiles, i)) continue;
      for (const row of boxes[i] as readonly ListedRow[]) this.offer(row);
    }
  }

  store(tiles: Tiles, at: number): void {
    tiles.boxes[this.boxAt]![at] = this.rows;
    this.rows = [];
  }

  override writeBox(box: unknown, out: StateWriter): void {
    writeRows(box as readonly ListedRow[], out);
  }

  override readBox(from: StateReader): unknown {
    return readRows(from);
  }

  /** Whether k rows were found that are older than all of a tile: then a look at its start is enough. */
  private isFullBefore(tiles: Tiles, at: number): boolean {
    const { rows } = this;
    return rows.length === this.k && tiles.startOf(at) > rows[rows.length - 1]!.time;
  }

  private offer(row: ListedRow): void {
    const { rows } = this;
    let at = rows.length;
    while (at > 0 && isOlder(row, rows[at - 1]!)) at--;
    if (at >= this.k) return;
    rows.splice(at, 0, row);
    if (rows.length > this.k) rows.pop();
  }
}
