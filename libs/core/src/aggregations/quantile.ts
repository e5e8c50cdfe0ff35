import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { Accumulator, passesMask, type Field, type RowFilter } from './accumulator.js';
import { varintAt, varintSize } from '../windows/packing.js';
import { BucketHistogram } from './bucket-histogram.js';

/** Packed counts, or where they lie with their length before them in the state that was read. */
type Box = Uint8Array | number;

/** Quantiles: exact, and interpolated as SQL's percentile_cont, over singles; a sketch once tiles were merged. */
export class Quantiles extends Accumulator {
  readonly laneCount = 0;
  override readonly boxed = true;
  /** Whether a merged tile was folded: from then on all values are in the buckets. */
  isSketched = false;
  /** Values of the singles folded so far; the first `sorted` of them in order. */
  private values = new Float64Array(256);
  private count = 0;
  private sorted = 0;
  private readonly buckets = new BucketHistogram();

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  at(q: number): number | null {
    const count = this.countAll();
    if (count === 0) return null;
    if (!this.isSketched) this.sort();
    const rank = q * (count - 1);
    const part = rank - Math.floor(rank);
    const below = this.valueAt(Math.floor(rank));
    const above = this.valueAt(Math.ceil(rank));
    const distance = above - below;
    // Between values of either sign near the end of the doubles' range the distance is beyond it.
    return Number.isFinite(distance) ? below + distance * part : below * (1 - part) + above * part;
  }

  /** Relative error that `at` may have. */
  errorAt(q: number): number {
    const count = this.countAll();
    if (!this.isSketched || count === 0) return 0;
    const rank = q * (count - 1);
    return Math.max(this.buckets.errorAt(Math.floor(rank)), this.buckets.errorAt(Math.ceil(rank)));
  }

  reset(): void {
    this.count = 0;
    this.sorted = 0;
    this.isSketched = false;
    this.buckets.clear();
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const { column, bit } = this.filter;
    const maskAt = column * capacity;
    const valuesAt = this.field.column * capacity;
    for (let i = to - 1; i >= from; i--) {
      const value = cells[valuesAt + i]!;
      if (!Number.isNaN(value) && passesMask(cells, maskAt, column, bit, i)) this.add(value);
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const boxes = tiles.boxes[this.boxAt]!;
    this.becomeSketch();
    for (let i = to - 1; i >= from; i--) {
      const box = boxes[i] as Box;
      if (typeof box !== 'number') this.buckets.addPacked(box, 0, box.length);
      else {
        const length = varintAt(tiles.source, box);
        const begin = box + varintSize(length);
        this.buckets.addPacked(tiles.source, begin, begin + length);
      }
    }
  }

  store(tiles: Tiles, at: number): void {
    this.becomeSketch();
    tiles.boxes[this.boxAt]![at] = this.buckets.pack();
  }

  override writeBox(box: unknown, out: StateWriter, tiles: Tiles): void {
    if (typeof box === 'number') {
      const length = varintAt(tiles.source, box);
      out.raw(tiles.source.subarray(box, box + varintSize(length) + length));
    } else {
      const packed = box as Uint8Array;
      out.varint(packed.length);
      out.raw(packed);
    }
  }

  override readBox(from: StateReader): unknown {
    const { place } = from;
    from.skip(from.varint());
    return place satisfies Box;
  }

  private countAll(): number {
    return this.isSketched ? this.buckets.count() : this.count;
  }

  private add(value: number): void {
    if (this.isSketched) {
      this.buckets.addValue(value);
      return;
    }
    if (this.count === this.values.length) {
      const wider = new Float64Array(this.count * 2);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.count++] = value;
  }

  private becomeSketch(): void {
    if (this.isSketched) return;
    this.isSketched = true;
    for (let i = 0; i < this.count; i++) this.buckets.addValue(this.values[i]!);
  }

  private sort(): void {
    if (this.sorted === this.count) return;
    this.values.subarray(0, this.count).sort();
    this.sorted = this.count;
  }

  private valueAt(rank: number): number {
    return this.isSketched ? this.buckets.valueAt(rank) : this.values[rank]!;
  }
}
