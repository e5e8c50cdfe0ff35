import { MIXED, type Joins } from '../windows/joins.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, EVERY_ROW, passesMask, type Field, type RowFilter } from './accumulator.js';

/** The least (sign 1) or greatest (sign −1) value; NaN while there is none. */
export class Extreme extends Accumulator {
  readonly laneCount: number;
  value = NaN;
  rest = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly sign: 1 | -1,
  ) {
    super();
    this.laneCount = field.rest < 0 ? 1 : 2;
  }

  reset(): void {
    this.value = NaN;
    this.rest = 0;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { capacity } = tiles;
    const { column, rest } = this.field;
    this.offerAll(tiles, tiles.cells, column * capacity, rest * capacity, from, to, this.filter);
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { capacity } = tiles;
    const restAt = this.laneCount === 2 ? (this.laneAt + 1) * capacity : -1;
    this.offerAll(tiles, tiles.lanes, this.laneAt * capacity, restAt, from, to, EVERY_ROW);
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.value;
    if (this.laneCount === 2) tiles.lanes[(this.laneAt + 1) * tiles.capacity + at] = this.rest;
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

  private offerAll(
    tiles: Tiles,
    matrix: readonly number[],
    valuesAt: number,
    restsAt: number,
    from: number,
    to: number,
    filter: RowFilter,
  ): void {
    if (restsAt < 0 && filter.column < 0) {
      this.value = this.bestOf(matrix, valuesAt + from, valuesAt + to);
      return;
    }
    const { sign } = this;
    const { cells } = tiles;
    const { column, bit } = filter;
    const maskAt = column * tiles.capacity;
    let { value: best } = this;
    for (let i = to - 1; i >= from; i--) {
      const value = matrix[valuesAt + i]!;
      // A null compares false with everything and loses; the first value meets NaN and wins.
      const ahead = (best - value) * sign;
      if (ahead < 0 || Number.isNaN(value) || !passesMask(cells, maskAt, column, bit, i)) continue;
      const rest = restsAt < 0 ? 0 : matrix[restsAt + i]!;
      if (ahead === 0 && (this.rest - rest) * sign <= 0) continue;
      best = value;
      this.rest = rest;
    }
    this.value = best;
  }

  /** The same where every row passes and a double holds every value: a comparison each. */
  private bestOf(matrix: readonly number[], from: number, to: number): number {
    let { value: best } = this;
    let at = to - 1;
    while (Number.isNaN(best) && at >= from) best = matrix[at--]!;
    if (this.sign === 1) {
      for (; at >= from; at--) if (matrix[at]! < best) best = matrix[at]!;
    } else {
      for (; at >= from; at--) if (matrix[at]! > best) best = matrix[at]!;
    }
    return best;
  }
}
