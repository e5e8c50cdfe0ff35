import { ROWS, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';

/** What a sum tells, whatever it is made of. */
export interface Sum {
  /** The sum as a double. */
  readonly total: number;
  /** Sum of the absolute values, rounded up: bounds the error of a sum whose edge lies inside a tile. */
  readonly magnitude: number;
}

const SPLIT = 2 ** 32;
/** Below this, adding a value to the low part stays exact: both are under 2^52, so the sum is under 2^53. */
const CARRY = 2 ** 52;
/** Covers the rounding of the magnitude's own additions, for up to 2^40 of them. */
const ROUND_UP = 1 + 2 ** -12;

/**
 * Integers, exact far beyond 64 bits: total = high · 2^32 + low, with |low| < 2^52 between steps. No BigInt
 * is made before the value is read.
 */
export class IntSum extends Accumulator implements Sum {
  readonly laneCount = 3;
  private high = 0;
  private low = 0;
  private absolute = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  get total(): number {
    return this.high === 0 ? this.low : Number(this.exact);
  }

  get exact(): bigint {
    return BigInt(this.high) * BigInt(SPLIT) + BigInt(this.low);
  }

  get magnitude(): number {
    return this.absolute * ROUND_UP;
  }

  reset(): void {
    this.high = 0;
    this.low = 0;
    this.absolute = 0;
  }

  fold(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    const valuesAt = this.field.column * capacity;
    const restsAt = this.field.rest * capacity;
    const partialsAt = this.laneAt * capacity;
    for (let i = to - 1; i >= from; i--) {
      if (cells[rowsAt + i]! > 1) {
        this.high += lanes[partialsAt + i]!;
        this.add(lanes[partialsAt + capacity + i]!);
        this.absolute += lanes[partialsAt + 2 * capacity + i]!;
      } else if (passes(tiles, this.filter, i)) {
        const value = cells[valuesAt + i]!;
        if (Number.isNaN(value)) continue;
        this.add(value);
        if (restsAt >= 0) this.add(cells[restsAt + i]!);
        this.absolute += Math.abs(value);
      }
    }
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    lanes[this.laneAt * capacity + at] = this.high;
    lanes[(this.laneAt + 1) * capacity + at] = this.low;
    lanes[(this.laneAt + 2) * capacity + at] = this.absolute;
  }

  private add(value: number): void {
    if (value >= CARRY || value <= -CARRY) {
      const high = Math.trunc(value / SPLIT);
      this.high += high;
      this.low += value - high * SPLIT;
    } else {
      this.low += value;
    }
    if (this.low >= CARRY || this.low <= -CARRY) {
      const high = Math.trunc(this.low / SPLIT);
      this.high += high;
      this.low -= high * SPLIT;
    }
  }
}

/** Doubles with the rounding errors carried along (double-double: Dekker 1971, Knuth's TwoSum). */
export class FloatSum extends Accumulator implements Sum {
  readonly laneCount = 3;
  private high = 0;
  private low = 0;
  private absolute = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  get total(): number {
    const total = this.high + this.low;
    // Beyond the range of a double the error terms are infinite too, and their difference is no number.
    return Number.isNaN(total) ? this.high : total;
  }

  get magnitude(): number {
    return this.absolute * ROUND_UP;
  }

  reset(): void {
    this.high = 0;
    this.low = 0;
    this.absolute = 0;
  }

  fold(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    const valuesAt = this.field.column * capacity;
    const partialsAt = this.laneAt * capacity;
    let { high, low, absolute } = this;
    for (let i = to - 1; i >= from; i--) {
      let value: number;
      if (cells[rowsAt + i]! > 1) {
        value = lanes[partialsAt + i]!;
        low += lanes[partialsAt + capacity + i]!;
        absolute += lanes[partialsAt + 2 * capacity + i]!;
      } else {
        if (!passes(tiles, this.filter, i)) continue;
        value = cells[valuesAt + i]!;
        if (Number.isNaN(value)) continue;
        absolute += Math.abs(value);
      }
      const sum = high + value;
      const shadow = sum - high;
      low += high - (sum - shadow) + (value - shadow);
      high = sum;
    }
    this.high = high;
    this.low = low;
    this.absolute = absolute;
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    lanes[this.laneAt * capacity + at] = this.high;
    lanes[(this.laneAt + 1) * capacity + at] = this.low;
    lanes[(this.laneAt + 2) * capacity + at] = this.absolute;
  }
}
