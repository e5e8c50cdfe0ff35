import type { StateReader, StateWriter } from '../windows/bytes.js';
import { ROWS, type Tiles } from '../windows/tiles.js';
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

  /** Oldest tile first: once k rows are found, a look at the start of each newer tile is enough. */
  fold(tiles: Tiles, from: number, to: number): void {
    const rowsAt = ROWS * tiles.capacity;
    for (let i = from; i < to; i++) {
      const last = this.rows.length < this.k ? undefined : this.rows.at(-1);
      if (last && tiles.startOf(i) > last.time) continue;
      if (tiles.cells[rowsAt + i]! > 1) {
        for (const row of tiles.boxes[this.boxAt]![i] as readonly ListedRow[]) this.offer(row);
      } else if (passes(tiles, this.filter, i)) {
        const row = listedRow(tiles, this.field, i);
        if (row) this.offer(row);
      }
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

  private offer(row: ListedRow): void {
    const { rows } = this;
    let at = rows.length;
    while (at > 0 && isOlder(row, rows[at - 1]!)) at--;
    if (at >= this.k) return;
    rows.splice(at, 0, row);
    if (rows.length > this.k) rows.pop();
  }
}
