/**
 * How often each value occurs: for `top_k` and `entropy`. Values are interned to small numbers once per timeline,
 * and each merged tile has a span of counts by number (tally.ts). A tile keeps its `TILE_VALUES_MAX` most frequent
 * values; of the others it keeps how many rows they were, which bounds the error of every frequency.
 */
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { LedgerAccumulator, passes, type Field, type RowFilter } from './accumulator.js';
import { scalarAt, type Scalar } from './aggregation.js';
import { Tally, type Tallied, type TallySpan } from './tally.js';

/** Different values that a merged tile counts one by one: finishing 209 such tiles takes 25 to 40 µs at 2.5 GHz. */
export const TILE_VALUES_MAX = 32;

/** Columns of its lanes: rows whose value is not null, and those of them that are not counted one by one. */
const TOTAL = 0;
const UNCOUNTED = 1;

export class Frequencies extends LedgerAccumulator<Tally> {
  override readonly laneCount = 2;
  override readonly boxed = true;
  /** Values that are not null, counted one by one or not. */
  total = 0;
  uncounted = 0;
  private tally = NO_TALLY;
  /** By number; beyond the dictionary's numbers come values that only singles have. */
  private counts = new Float64Array(256);
  /** So many of them may not be 0. */
  private uncleared = 0;
  /** Scratch of one decoding: where the last span that was read ends. */
  private spansTo = 0;
  private readonly extra = new Map<Scalar, number>();
  private readonly extraValues: Scalar[] = [];
  /** The numbers that `top` found last in this pass: each window holds the rows of the one before. */
  private best: readonly number[] = [];

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  /** The k most frequent values, equals in the order of the values. */
  top(k: number): Scalar[] {
    const { counts, numbers } = this;
    const top: number[] = [];
    /** The least count that may have a place: counts have only grown since the last time. */
    let least = this.best.length === k ? this.leastOf(this.best) : 1;
    for (let number = 0; number < numbers; number++) {
      if (counts[number]! < least) continue;
      let at = top.length;
      if (at === k && !this.isBefore(number, top[--at]!)) continue;
      for (; at > 0 && this.isBefore(number, top[at - 1]!); at--) top[at] = top[at - 1]!;
      top[at] = number;
      if (top.length === k) least = counts[top[k - 1]!]!;
    }
    this.best = top;
    return top.map((number) => this.scalarOf(number));
  }

  /** Shannon entropy in bits; rows that are not counted one by one stand as one more value. */
  entropy(): number | null {
    if (this.total === 0) return null;
    const sum = countLogCount(this.uncounted) + sumOfCountLogCounts(this.counts, this.numbers);
    // −Σ (c/n) log(c/n) = log n − (Σ c log c) / n; rounding must not make it negative.
    return Math.max(0, Math.log2(this.total) - sum / this.total);
  }

  reset(tiles: Tiles): void {
    this.tally = this.ledgerOf(tiles) ?? NO_TALLY;
    this.extra.clear();
    this.extraValues.length = 0;
    this.best = [];
    this.total = 0;
    this.uncounted = 0;
    // Each single may bring a value that no other tile has.
    this.clearCounts(this.tally.dictionary.size + tiles.size);
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { counts } = this;
    for (let i = to - 1; i >= from; i--) {
      const value = passes(tiles, this.filter, i) ? scalarAt(tiles, this.field, i) : null;
      if (value === null) continue;
      counts[this.numberOf(value)]!++;
      this.total++;
    }
  }

  override foldMerged(tiles: Tiles, from: number, to: number): void {
    const spans = tiles.boxes[this.boxAt]!;
    this.tally.addTo(this.counts, (spans[from] as TallySpan).from, (spans[to - 1] as TallySpan).to);
    const { lanes, capacity } = tiles;
    const totalAt = (this.laneAt + TOTAL) * capacity;
    const uncountedAt = (this.laneAt + UNCOUNTED) * capacity;
    let { total, uncounted } = this;
    for (let i = from; i < to; i++) {
      total += lanes[totalAt + i]!;
      uncounted += lanes[uncountedAt + i]!;
    }
    this.total = total;
    this.uncounted = uncounted;
  }

  protected override merge(tiles: Tiles, from: number, to: number): void {
    const tally = this.ensureLedger(tiles);
    this.reset(tiles);
    this.fold(tiles, from, to);
    // Ties keep the value that was interned first, so that equal rows give equal tiles.
    const kept = this.takeCounts(tiles, from, to).toSorted(
      (a, b) => b.count - a.count || a.number - b.number,
    );
    kept.length = Math.min(kept.length, TILE_VALUES_MAX);
    // The numbers of `extra` values begin where the dictionary ends, which the first of them moves.
    const values = kept.map(({ number }) => this.scalarOf(number));
    const tallied = kept.map(({ count }, k) => ({ number: tally.dictionary.intern(values[k]!), count }));
    tiles.boxes[this.boxAt]![from] = tally.append(tallied);
    const { lanes, capacity } = tiles;
    lanes[(this.laneAt + TOTAL) * capacity + from] = this.total;
    lanes[(this.laneAt + UNCOUNTED) * capacity + from] =
      this.total - kept.reduce((sum, { count }) => sum + count, 0);
  }

  override settle(tiles: Tiles): void {
    this.ledgerOf(tiles)?.settle(tiles.boxes[this.boxAt]!);
  }

  createLedger(): Tally {
    return new Tally();
  }

  /** The tally, and the number of each single's value, which a read would have to look for. */
  writeLedger(tally: Tally, out: StateWriter, tiles: Tiles): void {
    tally.write(out);
    for (let at = 0; at < tiles.size; at++) {
      const value = this.valueOfSingle(tiles, at);
      if (value !== null) out.varint(tally.dictionary.find(value) + 1);
    }
  }

  readLedger(from: StateReader, tiles: Tiles): Tally {
    const tally = Tally.read(from);
    for (let at = 0; at < tiles.size; at++) {
      const value = this.valueOfSingle(tiles, at);
      if (value !== null) tally.dictionary.learn(value, from.varint() - 1);
    }
    this.spansTo = 0;
    return tally;
  }

  override writeBox(box: unknown, out: StateWriter): void {
    const { from, to } = box as TallySpan;
    out.varint(to - from);
  }

  override readBox(from: StateReader): TallySpan {
    const begin = this.spansTo;
    this.spansTo += from.varint();
    return { from: begin, to: this.spansTo };
  }

  /** Null for a merged tile, a single that does not pass, and one without a value. */
  private valueOfSingle(tiles: Tiles, at: number): Scalar | null {
    return tiles.isMerged(at) || !passes(tiles, this.filter, at) ? null : scalarAt(tiles, this.field, at);
  }

  /** The values of `[from, to)` with the counts that were folded, which become 0. */
  private takeCounts(tiles: Tiles, from: number, to: number): Tallied[] {
    const spans = tiles.boxes[this.boxAt]!;
    const { counts } = this;
    const taken: Tallied[] = [];
    const take = (number: number): void => {
      const count = counts[number]!;
      if (count > 0) taken.push({ number, count });
      counts[number] = 0;
    };
    for (let i = from; i < to; i++) {
      const value = this.valueOfSingle(tiles, i);
      if (value !== null) take(this.numberOf(value));
      if (!tiles.isMerged(i)) continue;
      const span = spans[i] as TallySpan;
      for (let at = span.from; at < span.to; at++) take(this.tally.numberAt(at));
    }
    this.uncleared = 0;
    return taken;
  }

  /** Makes room for so many numbers and all their counts 0. */
  private clearCounts(numbers: number): void {
    // Not all: some dictionary may have been a hundred times as large.
    if (numbers <= this.counts.length) this.counts.fill(0, 0, this.uncleared);
    else this.counts = new Float64Array(2 ** Math.ceil(Math.log2(numbers)));
    this.uncleared = numbers;
  }

  private get numbers(): number {
    return this.tally.dictionary.size + this.extraValues.length;
  }

  private numberOf(value: Scalar): number {
    const found = this.tally.dictionary.find(value);
    if (found >= 0) return found;
    const known = this.extra.get(value);
    if (known !== undefined) return known;
    const number = this.numbers;
    this.extra.set(value, number);
    this.extraValues.push(value);
    return number;
  }

  private scalarOf(number: number): Scalar {
    const { size } = this.tally.dictionary;
    return number < size ? this.tally.dictionary.valueOf(number) : this.extraValues[number - size]!;
  }

  private leastOf(numbers: readonly number[]): number {
    return numbers.reduce((least, number) => Math.min(least, this.counts[number]!), Infinity);
  }

  private isBefore(a: number, b: number): boolean {
    const ahead = this.counts[a]! - this.counts[b]!;
    return ahead > 0 || (ahead === 0 && this.scalarOf(a) < this.scalarOf(b));
  }
}

const NO_TALLY = new Tally();

const TABLED = 4_096;
const LOGS = Float64Array.from({ length: TABLED }, (_, count) =>
  count === 0 ? 0 : count * Math.log2(count),
);

function countLogCount(count: number): number {
  return count < TABLED ? LOGS[count]! : count * Math.log2(count);
}

/** In two sums, so that not each addition waits for the one before. */
function sumOfCountLogCounts(counts: Float64Array, length: number): number {
  const logs = LOGS;
  let even = 0;
  let odd = 0;
  for (let at = 0; at + 1 < length; at += 2) {
    const a = counts[at]!;
    const b = counts[at + 1]!;
    // A double is an index at once when it is made an integer before.
    even += a < TABLED ? logs[a | 0]! : countLogCount(a);
    odd += b < TABLED ? logs[b | 0]! : countLogCount(b);
  }
  if (length % 2 === 1) even += countLogCount(counts[length - 1]!);
  return even + odd;
}
