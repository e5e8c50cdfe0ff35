/**
 * How often each value occurs: for `top_k` and `entropy`. Values are interned to small numbers once per timeline,
 * and a merged tile holds (number, count) pairs. A tile keeps its `TILE_VALUES_MAX` most frequent values; of the
 * others it keeps how many rows they were, which bounds the error of every frequency.
 */
import { CorruptStateError, type StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import { LedgerAccumulator, passes, type Field, type RowFilter } from './accumulator.js';
import { scalarAt, type Scalar } from './aggregation.js';
import { Dictionary } from './dictionary.js';

/** Different values that a merged tile counts one by one: finishing 209 such tiles takes 60 to 110 µs at 2.5 GHz. */
export const TILE_VALUES_MAX = 32;

/** What the merged tiles of a timeline count. The box of a tile is the place of its record. */
interface Tally {
  /** The values that they count one by one. */
  dictionary: Dictionary;
  /** Records one after the other: rows that are not counted one by one, number of pairs, and the pairs. */
  records: number[];
}

export class Frequencies extends LedgerAccumulator<Tally> {
  override readonly boxed = true;
  /** Values that are not null, counted one by one or not. */
  total = 0;
  uncounted = 0;
  private dictionary = NO_VALUES;
  private records: readonly number[] = [];
  /** Number → count; beyond the dictionary's numbers come values that only singles have. */
  private counts = new Float64Array(256);
  /** The first `touchedCount` are the numbers that have a count; one place more than `counts` has. */
  private touched = new Int32Array(257);
  private touchedCount = 0;
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
    const { counts, touched, touchedCount } = this;
    const top: number[] = [];
    /** The least count that still has a place. */
    let least = 0;
    for (let i = 0; i < touchedCount; i++) {
      const number = touched[i]!;
      if (counts[number]! < least) continue;
      let at = top.length;
      if (at === k && !this.isBefore(number, top[--at]!)) continue;
      for (; at > 0 && this.isBefore(number, top[at - 1]!); at--) top[at] = top[at - 1]!;
      top[at] = number;
      if (top.length === k) least = counts[top[k - 1]!]!;
    }
    return top.map((number) => this.scalarOf(number));
  }

  /** Shannon entropy in bits; rows that are not counted one by one stand as one more value. */
  entropy(): number | null {
    if (this.total === 0) return null;
    const { counts, touched, touchedCount } = this;
    let sum = countLogCount(this.uncounted);
    for (let i = 0; i < touchedCount; i++) sum += countLogCount(counts[touched[i]!]!);
    // −Σ (c/n) log(c/n) = log n − (Σ c log c) / n; rounding must not make it negative.
    return Math.max(0, Math.log2(this.total) - sum / this.total);
  }

  reset(tiles: Tiles): void {
    const { counts, touched, touchedCount } = this;
    const numbers = this.dictionary.size + this.extraValues.length;
    // Filling writes several numbers in the time of one scattered write.
    if (touchedCount * 8 > numbers) counts.fill(0, 0, numbers);
    else for (let i = 0; i < touchedCount; i++) counts[touched[i]!] = 0;
    this.touchedCount = 0;
    this.extra.clear();
    this.extraValues.length = 0;
    this.total = 0;
    this.uncounted = 0;
    const tally = this.ledgerOf(tiles);
    this.dictionary = tally?.dictionary ?? NO_VALUES;
    this.records = tally?.records ?? [];
    // Each single may bring a value that no other tile has.
    this.reserve(this.dictionary.size + tiles.size);
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    for (let i = to - 1; i >= from; i--) {
      if (!passes(tiles, this.filter, i)) continue;
      const value = scalarAt(tiles, this.field, i);
      if (value === null) continue;
      const number = this.numberOf(value);
      if (this.counts[number]!++ === 0) this.touched[this.touchedCount++] = number;
      this.total++;
    }
  }

  override foldMerged(tiles: Tiles, from: number, to: number): void {
    const boxes = tiles.boxes[this.boxAt]!;
    const { records, counts, touched } = this;
    let { total, uncounted, touchedCount } = this;
    for (let i = to - 1; i >= from; i--) {
      const record = boxes[i] as number;
      uncounted += records[record]!;
      total += records[record]!;
      const end = endOf(records, record);
      for (let at = record + 2; at < end; at += 2) {
        const number = records[at]!;
        const count = records[at + 1]!;
        const before = counts[number]!;
        // Without a branch, which would be foreseen wrong for each new value.
        touched[touchedCount] = number;
        touchedCount += before === 0 ? 1 : 0;
        counts[number] = before + count;
        total += count;
      }
    }
    this.total = total;
    this.uncounted = uncounted;
    this.touchedCount = touchedCount;
  }

  override merge(tiles: Tiles, from: number, to: number, into: number): void {
    const { dictionary, records } = this.ensureLedger(tiles);
    this.reset(tiles);
    this.fold(tiles, from, to);
    // Ties keep the value that was interned first, so that equal rows give equal tiles.
    const kept = Array.from(this.touched.subarray(0, this.touchedCount));
    kept.sort((a, b) => this.counts[b]! - this.counts[a]! || a - b);
    kept.length = Math.min(kept.length, TILE_VALUES_MAX);
    const uncounted = this.total - kept.reduce((sum, number) => sum + this.counts[number]!, 0);
    tiles.boxes[this.boxAt]![into] = records.length;
    records.push(uncounted, kept.length);
    // The numbers of `extra` values begin where the dictionary ends, which the first of them moves.
    const values = kept.map((number) => this.scalarOf(number));
    kept.forEach((number, k) => records.push(dictionary.intern(values[k]!), this.counts[number]!));
  }

  /** Renumbers the dictionary when most of its values are in no tile any more; forgets records of lost tiles. */
  override settle(tiles: Tiles): void {
    const tally = this.ledgerOf(tiles);
    if (!tally) return;
    const records = this.liveRecords(tiles, tally.records);
    tally.records = records;
    const { dictionary } = tally;
    /** By number: whether some tile counts the value; then its new number. */
    const used = new Int32Array(dictionary.size);
    let usedCount = 0;
    for (let record = 0; record < records.length; record = endOf(records, record)) {
      for (let at = record + 2; at < endOf(records, record); at += 2) {
        if (used[records[at]!]! > 0) continue;
        used[records[at]!] = 1;
        usedCount++;
      }
    }
    if (dictionary.size <= 2 * usedCount + TILE_VALUES_MAX) return;
    const smaller = new Dictionary();
    for (let number = 0; number < used.length; number++) {
      if (used[number]! > 0) used[number] = smaller.intern(dictionary.valueOf(number));
    }
    for (let record = 0; record < records.length; record = endOf(records, record)) {
      for (let at = record + 2; at < endOf(records, record); at += 2) records[at] = used[records[at]!]!;
    }
    tally.dictionary = smaller;
  }

  createLedger(): Tally {
    return { dictionary: new Dictionary(), records: [] };
  }

  writeLedger({ dictionary }: Tally, out: StateWriter): void {
    dictionary.write(out);
  }

  readLedger(from: StateReader): Tally {
    return { dictionary: Dictionary.read(from), records: [] };
  }

  override writeBox(box: unknown, out: StateWriter, tiles: Tiles): void {
    const { records } = this.ensureLedger(tiles);
    const record = box as number;
    const end = endOf(records, record);
    for (let at = record; at < end; at++) out.varint(records[at]!);
  }

  override readBox(from: StateReader, tiles: Tiles): unknown {
    const { records, dictionary } = this.ensureLedger(tiles);
    const record = records.length;
    const uncounted = from.varint();
    const length = from.varint();
    records.push(uncounted, length);
    for (let k = 0; k < length; k++) {
      const number = from.varint();
      if (number >= dictionary.size) throw new CorruptStateError('A tile counts a value that is not there');
      records.push(number, from.varint());
    }
    return record;
  }

  private liveRecords(tiles: Tiles, records: readonly number[]): number[] {
    const boxes = tiles.boxes[this.boxAt]!;
    const live: number[] = [];
    for (let i = 0; i < tiles.size; i++) {
      if (!tiles.isMerged(i)) continue;
      const record = boxes[i] as number;
      boxes[i] = live.length;
      const end = endOf(records, record);
      for (let at = record; at < end; at++) live.push(records[at]!);
    }
    return live;
  }

  private numberOf(value: Scalar): number {
    const known = this.extra.get(value);
    if (known !== undefined) return known;
    const found = this.dictionary.find(value);
    if (found >= 0) return found;
    const number = this.dictionary.size + this.extraValues.length;
    this.extra.set(value, number);
    this.extraValues.push(value);
    return number;
  }

  private scalarOf(number: number): Scalar {
    const { size } = this.dictionary;
    return number < size ? this.dictionary.valueOf(number) : this.extraValues[number - size]!;
  }

  private reserve(numbers: number): void {
    if (numbers <= this.counts.length) return;
    const wider = new Float64Array(2 ** Math.ceil(Math.log2(numbers)));
    wider.set(this.counts);
    this.counts = wider;
    const touched = new Int32Array(wider.length + 1);
    touched.set(this.touched);
    this.touched = touched;
  }

  private isBefore(a: number, b: number): boolean {
    const ahead = this.counts[a]! - this.counts[b]!;
    return ahead > 0 || (ahead === 0 && this.scalarOf(a) < this.scalarOf(b));
  }
}

const NO_VALUES = new Dictionary();

/** Where the record after this one begins. */
function endOf(records: readonly number[], record: number): number {
  return record + 2 + 2 * records[record + 1]!;
}

const TABLE = Float64Array.from({ length: 4096 }, (_, count) => (count === 0 ? 0 : count * Math.log2(count)));

function countLogCount(count: number): number {
  return count < TABLE.length ? TABLE[count]! : count * Math.log2(count);
}
