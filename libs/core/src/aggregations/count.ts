import { MIXED, type Joins } from '../windows/joins.js';
import { ROWS, type Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';

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

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells } = tiles;
    const { column, bit } = this.filter;
    if (column < 0) {
      this.count += to - from;
      return;
    }
    const maskAt = column * tiles.capacity;
    for (let i = from; i < to; i++) if (passesMask(cells, maskAt, column, bit, i)) this.count++;
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const counts = this.filter.column < 0 ? cells : lanes;
    const countsAt = (this.filter.column < 0 ? ROWS : this.laneAt) * capacity;
    let { count } = this;
    for (let i = from; i < to; i++) count += counts[countsAt + i]!;
    this.count = count;
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.count;
  }

  override mergeAll(tiles: Tiles, { from, singles, to, count }: Joins): void {
    for (let join = 0; join < count; join++) {
      const into = from[join]!;
      const middle = singles[join]!;
      this.reset();
      if (middle === MIXED) this.fold(tiles, into, to[join]!);
      else {
        this.foldSingles(tiles, middle, to[join]!);
        this.foldMerged(tiles, into, middle);
      }
      this.store(tiles, into);
    }
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

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    // An index of −1 into an array would be looked up as a name, which takes longer than the whole loop.
    const texts = this.field.text < 0 ? undefined : tiles.texts[this.field.text];
    const valuesAt = this.field.column * capacity;
    let { count } = this;
    for (let i = from; i < to; i++) {
      if (texts ? texts[i] === null : Number.isNaN(cells[valuesAt + i]!)) continue;
      if (passesMask(cells, maskAt, column, bit, i)) count++;
    }
    this.count = count;
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    const countsAt = this.laneAt * capacity;
    let { count } = this;
    for (let i = from; i < to; i++) count += lanes[countsAt + i]!;
    this.count = count;
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.count;
  }

  override mergeAll(tiles: Tiles, { from, singles, to, count }: Joins): void {
    for (let join = 0; join < count; join++) {
      const into = from[join]!;
      const middle = singles[join]!;
      this.reset();
      if (middle === MIXED) this.fold(tiles, into, to[join]!);
      else {
        this.foldSingles(tiles, middle, to[join]!);
        this.foldMerged(tiles, into, middle);
      }
      this.store(tiles, into);
    }
  }
}
