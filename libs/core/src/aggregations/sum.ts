import { MIXED, type Joins } from '../windows/joins.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';
import { integerOf } from './aggregation.js';

const SPLIT = 2 ** 32;
/** Below this, adding a value to the low part stays exact: both are under 2^52, so the sum is under 2^53. */
const CARRY = 2 ** 52;
/** Covers the rounding of the magnitude's own additions, for up to 2^40 of them. */
const ROUND_UP = 1 + 2 ** -12;

/** A sum in two parts, high and low, with the sum of the absolute values beside it. */
export abstract class Sum extends Accumulator {
  readonly laneCount = 3;
  protected high = 0;
  protected low = 0;
  protected absolute = 0;

  constructor(
    protected readonly field: Field,
    protected readonly filter: RowFilter,
  ) {
    super();
  }

  /** The sum as a double. */
  abstract readonly total: number;
  /** The sum as its column's type wants it. */
  abstract readonly value: number | bigint;

  /** Sum of the absolute values, rounded up: bounds the error of a sum whose edge lies inside a tile. */
  get magnitude(): number {
    return this.absolute * ROUND_UP;
  }

  reset(): void {
    this.high = 0;
    this.low = 0;
    this.absolute = 0;
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    lanes[this.laneAt * capacity + at] = this.high;
    lanes[(this.laneAt + 1) * capacity + at] = this.low;
    lanes[(this.laneAt + 2) * capacity + at] = this.absolute;
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

/**
 * Integers, exact far beyond 64 bits: total = high · 2^32 + low, with |low| < 2^52 between steps. No BigInt
 * is made before the value is read.
 */
export class IntSum extends Sum {
  get total(): number {
    return this.high === 0 ? this.low : Number(this.exact);
  }

  get value(): number | bigint {
    return this.high === 0 ? this.low : integerOf(this.exact);
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    const restsAt = this.field.rest * capacity;
    let { absolute } = this;
    for (let i = to - 1; i >= from; i--) {
      const value = cells[valuesAt + i]!;
      if (Number.isNaN(value) || !passesMask(cells, maskAt, column, bit, i)) continue;
      this.add(value);
      if (restsAt >= 0) this.add(cells[restsAt + i]!);
      absolute += Math.abs(value);
    }
    this.absolute = absolute;
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    const at = this.laneAt * capacity;
    for (let i = to - 1; i >= from; i--) {
      this.high += lanes[at + i]!;
      this.add(lanes[at + capacity + i]!);
      this.absolute += lanes[at + 2 * capacity + i]!;
    }
  }

  private get exact(): bigint {
    return BigInt(this.high) * BigInt(SPLIT) + BigInt(this.low);
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
export class FloatSum extends Sum {
  get total(): number {
    const total = this.high + this.low;
    // Beyond the range of a double the error terms are infinite too, and their difference is no number.
    return Number.isNaN(total) ? this.high : total;
  }

  get value(): number {
    return this.total;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    let { high, low, absolute } = this;
    for (let i = to - 1; i >= from; i--) {
      const value = cells[valuesAt + i]!;
      if (Number.isNaN(value) || !passesMask(cells, maskAt, column, bit, i)) continue;
      absolute += Math.abs(value);
      const sum = high + value;
      const shadow = sum - high;
      low += high - (sum - shadow) + (value - shadow);
      high = sum;
    }
    this.high = high;
    this.low = low;
    this.absolute = absolute;
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    const at = this.laneAt * capacity;
    let { high, low, absolute } = this;
    // Three places that go down together: adding up each anew took a third of the loop.
    let lowAt = at + capacity + to - 1;
    let absoluteAt = lowAt + capacity;
    for (let highAt = at + to - 1; highAt >= at + from; highAt--, lowAt--, absoluteAt--) {
      const value = lanes[highAt]!;
      const sum = high + value;
      const shadow = sum - high;
      low += high - (sum - shadow) + (value - shadow) + lanes[lowAt]!;
      absolute += lanes[absoluteAt]!;
      high = sum;
    }
    this.high = high;
    this.low = low;
    this.absolute = absolute;
  }
}
