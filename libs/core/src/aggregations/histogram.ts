import { ROWS, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';

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

  fold(tiles: Tiles, from: number, to: number): void {
    const { cells, lanes, capacity } = tiles;
    const rowsAt = ROWS * capacity;
    const valuesAt = this.field.column * capacity;
    for (let i = to - 1; i >= from; i--) {
      if (cells[rowsAt + i]! > 1) {
        let at = this.laneAt * capacity + i;
        for (let bucket = 0; bucket < this.counts.length; bucket++, at += capacity)
          this.counts[bucket]! += lanes[at]!;
      } else if (passes(tiles, this.filter, i)) {
        const value = cells[valuesAt + i]!;
        if (!Number.isNaN(value)) this.counts[this.bucketOf(value)]!++;
      }
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
