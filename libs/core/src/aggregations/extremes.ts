import { ROWS, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';

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

  fold(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    const valuesAt = this.field.column * capacity;
    const restsAt = this.field.rest * capacity;
    const partialsAt = this.laneAt * capacity;
    for (let i = to - 1; i >= from; i--) {
      if (cells[rowsAt + i]! > 1) {
        this.offer(lanes[partialsAt + i]!, restsAt < 0 ? 0 : lanes[partialsAt + capacity + i]!);
      } else if (passes(tiles, this.filter, i)) {
        this.offer(cells[valuesAt + i]!, restsAt < 0 ? 0 : cells[restsAt + i]!);
      }
    }
  }

  store(tiles: Tiles, at: number): void {
    tiles.lanes[this.laneAt * tiles.capacity + at] = this.value;
    if (this.laneCount === 2) tiles.lanes[(this.laneAt + 1) * tiles.capacity + at] = this.rest;
  }

  private offer(value: number, rest: number): void {
    const ahead = (this.value - value) * this.sign;
    // A null offer compares false with everything and loses; the first value meets NaN and wins.
    if (ahead > 0 || (ahead === 0 && (this.rest - rest) * this.sign > 0) || Number.isNaN(this.value)) {
      this.value = value;
      this.rest = rest;
    }
  }
}
