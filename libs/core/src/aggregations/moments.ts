import { MIXED, type Joins } from '../windows/joins.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';

/**
 * Mean and central moments, updated without cancellation (Welford 1962) and merged pairwise (Chan et al. 1983;
 * third and fourth moment: Pébay, SAND2008-6212). The second order serves variance, the fourth skew and kurtosis.
 */
export class Moments extends Accumulator {
  readonly laneCount: number;
  count = 0;
  private mean = 0;
  /** What rounding took from the mean: without it, values of 10⁹ ± 1 would lose half their digits here. */
  private meanRest = 0;
  m2 = 0;
  m3 = 0;
  m4 = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly order: 2 | 4,
  ) {
    super();
    this.laneCount = order === 2 ? 4 : 6;
  }

  reset(): void {
    this.count = 0;
    this.mean = 0;
    this.meanRest = 0;
    this.m2 = 0;
    this.m3 = 0;
    this.m4 = 0;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    for (let i = to - 1; i >= from; i--) {
      const value = cells[valuesAt + i]!;
      if (Number.isNaN(value) || !passesMask(cells, maskAt, column, bit, i)) continue;
      if (this.order === 2 && this.count > 0) this.joinValue(value);
      else this.join(1, value, 0, 0, 0, 0);
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    for (let i = to - 1; i >= from; i--) {
      const at = this.laneAt * capacity + i;
      const m3 = this.order === 4 ? lanes[at + 4 * capacity]! : 0;
      const m4 = this.order === 4 ? lanes[at + 5 * capacity]! : 0;
      const meanRest = lanes[at + 2 * capacity]!;
      this.join(lanes[at]!, lanes[at + capacity]!, meanRest, lanes[at + 3 * capacity]!, m3, m4);
    }
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    const to = this.laneAt * capacity + at;
    lanes[to] = this.count;
    lanes[to + capacity] = this.mean;
    lanes[to + 2 * capacity] = this.meanRest;
    lanes[to + 3 * capacity] = this.m2;
    if (this.order === 2) return;
    lanes[to + 4 * capacity] = this.m3;
    lanes[to + 5 * capacity] = this.m4;
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

  /** `join` of one value for the second order, where most of it is nothing. */
  private joinValue(value: number): void {
    const a = this.count;
    const { mean } = this;
    const delta = value - mean - this.meanRest;
    const step = delta / (a + 1);
    this.m2 += delta * step * a;
    this.count = a + 1;
    const moved = mean + step;
    const shadow = moved - mean;
    this.meanRest += mean - (moved - shadow) + (step - shadow);
    this.mean = moved;
  }

  private join(count: number, mean: number, meanRest: number, m2: number, m3: number, m4: number): void {
    if (count === 0) return;
    if (this.count === 0) {
      this.count = count;
      this.mean = mean;
      this.meanRest = meanRest;
      this.m2 = m2;
      this.m3 = m3;
      this.m4 = m4;
      return;
    }
    const a = this.count;
    const b = count;
    const n = a + b;
    const delta = mean - this.mean + (meanRest - this.meanRest);
    const step = delta / n;
    const spread = delta * step * a * b;
    if (this.order === 4) {
      const step2 = step * step;
      this.m4 +=
        m4 +
        spread * step2 * (a * a - a * b + b * b) +
        6 * step2 * (a * a * m2 + b * b * this.m2) +
        4 * step * (a * m3 - b * this.m3);
      this.m3 += m3 + spread * step * (a - b) + 3 * step * (a * m2 - b * this.m2);
    }
    this.m2 += m2 + spread;
    this.count = n;
    const move = step * b;
    const moved = this.mean + move;
    const shadow = moved - this.mean;
    this.meanRest += this.mean - (moved - shadow) + (move - shadow);
    this.mean = moved;
  }
}
