/**
 * How often each value occurs: for `top_k` and `entropy`. Values are interned to small numbers once per timeline,
 * and a merged tile holds (number, count) pairs. A tile keeps its `TILE_VALUES_MAX` most frequent values; of the
 * others it keeps how many rows they were, which bounds the error of every frequency.
 */
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { LedgerAccumulator, passes, type Field, type RowFilter } from './accumulator.js';
import { readScalar, scalarAt, writeScalar, type Scalar } from './aggregation.js';

/** Different values that a merged tile counts one by one: 256 such tiles are folded within 50 µs. */
export const TILE_VALUES_MAX = 32;

interface TileFrequencies {
  readonly numbers: readonly number[];
  readonly counts: readonly number[];
  /** Rows whose values are not counted one by one. */
  readonly uncounted: number;
}

/** The values that merged tiles count, each under its number. */
interface Dictionary {
  readonly values: Scalar[];
  readonly numbers: Map<Scalar, number>;
}

export class Frequencies extends LedgerAccumulator<Dictionary> {
  override readonly boxed = true;
  /** Values that are not null, counted one by one or not. */
  total = 0;
  uncounted = 0;
  private dictionary: Dictionary | undefined;
  /** Number → count; beyond the dictionary's numbers come values that only singles have. */
  private counts = new Float64Array(256);
  private readonly touched: number[] = [];
  private readonly extra = new Map<Scalar, number>();
  private readonly extraValues: Scalar[] = [];

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  /** The k most frequent values, equals in the order of the values. */
  top(k: number): Scalar[] {
    const top: number[] = [];
    for (const number of this.touched) {
      let at = top.length;
      if (at === k && !this.isBefore(number, top[at - 1]!)) continue;
      while (at > 0 && this.isBefore(number, top[at - 1]!)) at--;
      top.splice(at, 0, number);
      if (top.length > k) top.pop();
    }
    return top.map((number) => this.scalarOf(number));
  }

  /** Shannon entropy in bits; rows that are not counted one by one stand as one more value. */
  entropy(): number | null {
    if (this.total === 0) return null;
    let sum = countLogCount(this.uncounted);
    for (const number of this.touched) sum += countLogCount(this.counts[number]!);
    // −Σ (c/n) log(c/n) = log n − (Σ c log c) / n; rounding must not make it negative.
    return Math.max(0, Math.log2(this.total) - sum / this.total);
  }

  reset(): void {
    for (const number of this.touched) this.counts[number] = 0;
    this.touched.length = 0;
    this.extra.clear();
    this.extraValues.length = 0;
    this.dictionary = undefined;
    this.total = 0;
    this.uncounted = 0;
  }

  override fold(tiles: Tiles, from: number, to: number): void {
    this.dictionary = this.ledgerOf(tiles);
    super.fold(tiles, from, to);
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    for (let i = to - 1; i >= from; i--) {
      if (!passes(tiles, this.filter, i)) continue;
      const value = scalarAt(tiles, this.field, i);
      if (value !== null) this.add(this.numberOf(value), 1);
    }
  }

  override foldMerged(tiles: Tiles, from: number, to: number): void {
    const boxes = tiles.boxes[this.boxAt]!;
    for (let i = to - 1; i >= from; i--) {
      const { numbers, counts, uncounted } = boxes[i] as TileFrequencies;
      for (let k = 0; k < numbers.length; k++) this.add(numbers[k]!, counts[k]!);
      this.uncounted += uncounted;
      this.total += uncounted;
    }
  }

  override merge(tiles: Tiles, from: number, to: number, into: number): void {
    const dictionary = this.ensureLedger(tiles);
    this.reset();
    this.fold(tiles, from, to);
    // Ties keep the value that was interned first, so that equal rows give equal tiles.
    const kept = this.touched.toSorted((a, b) => this.counts[b]! - this.counts[a]! || a - b);
    const values = kept.slice(0, TILE_VALUES_MAX).map((number) => this.scalarOf(number));
    const counts = kept.slice(0, TILE_VALUES_MAX).map((number) => this.counts[number]!);
    const numbers = values.map((value) => intern(dictionary, value));
    const uncounted = this.total - counts.reduce((sum, count) => sum + count, 0);
    tiles.boxes[this.boxAt]![into] = { numbers, counts, uncounted } satisfies TileFrequencies;
    this.reset();
  }

  /** Renumbers the dictionary when most of its values are in no tile any more. */
  override settle(tiles: Tiles): void {
    const dictionary = this.ledgerOf(tiles);
    if (!dictionary) return;
    const boxes = tiles.boxes[this.boxAt]!;
    const used = new Set<number>();
    for (let i = 0; i < tiles.size; i++) {
      if (tiles.isMerged(i)) for (const number of (boxes[i] as TileFrequencies).numbers) used.add(number);
    }
    if (dictionary.values.length <= 2 * used.size + TILE_VALUES_MAX) return;
    const smaller = this.createLedger();
    for (const number of [...used].toSorted((a, b) => a - b)) intern(smaller, dictionary.values[number]!);
    const renumbered = (number: number): number => smaller.numbers.get(dictionary.values[number]!)!;
    for (let i = 0; i < tiles.size; i++) {
      if (!tiles.isMerged(i)) continue;
      const { numbers, counts, uncounted } = boxes[i] as TileFrequencies;
      boxes[i] = { numbers: numbers.map(renumbered), counts, uncounted } satisfies TileFrequencies;
    }
    tiles.ledgers[this.ledgerAt] = smaller;
  }

  createLedger(): Dictionary {
    return { values: [], numbers: new Map() };
  }

  writeLedger({ values }: Dictionary, out: StateWriter): void {
    out.varint(values.length);
    for (const value of values) writeScalar(value, out);
  }

  readLedger(from: StateReader): Dictionary {
    const dictionary = this.createLedger();
    const count = from.varint();
    for (let i = 0; i < count; i++) intern(dictionary, readScalar(from));
    return dictionary;
  }

  override writeBox(box: unknown, out: StateWriter): void {
    const { numbers, counts, uncounted } = box as TileFrequencies;
    out.varint(uncounted);
    out.varint(numbers.length);
    for (let k = 0; k < numbers.length; k++) {
      out.varint(numbers[k]!);
      out.varint(counts[k]!);
    }
  }

  override readBox(from: StateReader): unknown {
    const uncounted = from.varint();
    const length = from.varint();
    const numbers: number[] = [];
    const counts: number[] = [];
    for (let k = 0; k < length; k++) {
      numbers.push(from.varint());
      counts.push(from.varint());
    }
    return { numbers, counts, uncounted } satisfies TileFrequencies;
  }

  private get extraFrom(): number {
    return this.dictionary?.values.length ?? 0;
  }

  private numberOf(value: Scalar): number {
    const known = this.dictionary?.numbers.get(value) ?? this.extra.get(value);
    if (known !== undefined) return known;
    const number = this.extraFrom + this.extraValues.length;
    this.extra.set(value, number);
    this.extraValues.push(value);
    return number;
  }

  private scalarOf(number: number): Scalar {
    return number < this.extraFrom
      ? this.dictionary!.values[number]!
      : this.extraValues[number - this.extraFrom]!;
  }

  private add(number: number, count: number): void {
    if (number >= this.counts.length) {
      const wider = new Float64Array(2 ** Math.ceil(Math.log2(number + 1)));
      wider.set(this.counts);
      this.counts = wider;
    }
    if (this.counts[number] === 0) this.touched.push(number);
    this.counts[number]! += count;
    this.total += count;
  }

  private isBefore(a: number, b: number): boolean {
    const ahead = this.counts[a]! - this.counts[b]!;
    return ahead > 0 || (ahead === 0 && this.scalarOf(a) < this.scalarOf(b));
  }
}

function intern(dictionary: Dictionary, value: Scalar): number {
  const known = dictionary.numbers.get(value);
  if (known !== undefined) return known;
  const number = dictionary.values.length;
  dictionary.values.push(value);
  dictionary.numbers.set(value, number);
  return number;
}

const TABLE = Float64Array.from({ length: 4096 }, (_, count) => (count === 0 ? 0 : count * Math.log2(count)));

function countLogCount(count: number): number {
  return count < TABLE.length ? TABLE[count]! : count * Math.log2(count);
}
