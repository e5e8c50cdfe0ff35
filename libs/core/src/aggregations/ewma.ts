import type { DurationMs, Instant } from '../time.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';

/**
 * Mean weighted by 2^(−age / half-life). Weights are kept relative to the newest value's time; as only their
 * ratio counts, the instant of the read does not matter, and old weights may vanish but none overflows.
 */
export class DecayedMean extends Accumulator {
  readonly laneCount = 3;
  private newest: Instant = -Infinity;
  private weighted = 0;
  private weight = 0;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly halfLifeMs: DurationMs,
  ) {
    super();
  }

  get value(): number | null {
    return this.weight === 0 ? null : this.weighted / this.weight;
  }

  reset(): void {
    this.newest = -Infinity;
    this.weighted = 0;
    this.weight = 0;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    for (let i = to - 1; i >= from; i--) {
      const value = cells[valuesAt + i]!;
      if (!Number.isNaN(value) && passesMask(cells, maskAt, column, bit, i)) this.add(cells[i]!, value, 1);
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    const partialsAt = this.laneAt * capacity;
    for (let i = to - 1; i >= from; i--) {
      const weight = lanes[partialsAt + 2 * capacity + i]!;
      if (weight > 0) this.add(lanes[partialsAt + i]!, lanes[partialsAt + capacity + i]!, weight);
    }
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    const to = this.laneAt * capacity + at;
    lanes[to] = this.weight > 0 ? this.newest : 0;
    lanes[to + capacity] = this.weighted;
    lanes[to + 2 * capacity] = this.weight;
  }

  private add(time: Instant, weighted: number, weight: number): void {
    if (time > this.newest) {
      const decay = this.weight === 0 ? 0 : 2 ** ((this.newest - time) / this.halfLifeMs);
      this.weighted = this.weighted * decay + weighted;
      this.weight = this.weight * decay + weight;
      this.newest = time;
    } else {
      const decay = 2 ** ((time - this.newest) / this.halfLifeMs);
      this.weighted += weighted * decay;
      this.weight += weight * decay;
    }
  }
}
