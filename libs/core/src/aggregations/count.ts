import { ROWS, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';

/** Rows that pass the filter. */
export class RowCount extends Accumulator {
  readonly laneCount = 1;
  count = 0;

  constructor(readonly filter: RowFilter) {
    super();
  }

  reset(): void {
    this.count = 0;
  }

  fold(tiles: Tiles, from: number, to: number): void {
    const rowsAt = ROWS * tiles.capacity;
    for (let i = to - 1; i >= from; i--) {
      const rows = tiles.cells[rowsAt + i]!;
      if (this.filter.column < 0) this.count += rows;
      else if (rows > 1) this.count += tiles.lanes[this.laneAt * tiles.capacity + i]!;
      else if (passes(tiles, this.filter, i)) this.count++;
    }
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.count;
  }
}

/** Values that are not null, of rows that pass the filter. */
export class ValueCount extends Accumulator {
  readonly laneCount = 1;
  count = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  reset(): void {
    this.count = 0;
  }

  fold(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    const valuesAt = this.field.column * capacity;
    const countsAt = this.laneAt * capacity;
    const texts = tiles.texts[this.field.text];
    for (let i = to - 1; i >= from; i--) {
      if (cells[rowsAt + i]! > 1) this.count += lanes[countsAt + i]!;
      else if (passes(tiles, this.filter, i)) {
        if (texts ? texts[i] !== null : !Number.isNaN(cells[valuesAt + i]!)) this.count++;
      }
    }
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.count;
  }
}
