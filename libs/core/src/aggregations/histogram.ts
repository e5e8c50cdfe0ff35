import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';

/** Values per bucket: below the first edge, between neighbours `[a, b)`, from the last edge up. */
export class Histogram extends Accumulator {
  readonly laneCount: number;
  readonly counts: Float64Array;

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
    private readonly edges: readonly number[],
  ) {
    super();
    this.laneCount = edges.length + 1;
    this.counts = new Float64Array(edges.length + 1);
  }

  reset(): void {
    this.counts.fill(0);
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    for (let i = from; i < to; i++) {
      const value = cells[valuesAt + i]!;
      if (!Number.isNaN(value) && passesMask(cells, maskAt, column, bit, i))
        this.counts[this.bucketOf(value)]!++;
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      const at = (this.laneAt + bucket) * capacity;
      let sum = 0;
      for (let i = from; i < to; i++) sum += lanes[at + i]!;
      this.counts[bucket]! += sum;
    }
  }

  store(tiles: Tiles, at: number): void {
    let to = this.laneAt * tiles.capacity + at;
    for (let bucket = 0; bucket < this.counts.length; bucket++, to += tiles.capacity) {
      tiles.lanes[to] = this.counts[bucket]!;
    }
  }

  private bucketOf(value: number): number {
    let bucket = 0;
    while (bucket < this.edges.length && value >= this.edges[bucket]!) bucket++;
    return bucket;
  }
}
