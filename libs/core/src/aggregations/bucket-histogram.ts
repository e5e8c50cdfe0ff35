/**
 * Counts per bucket of a DDSketch (Masson, Rim & Lee, VLDB 2019): bucket bounds grow by a constant factor, so a
 * value read back is off by at most `QUANTILE_ERROR` of itself, and merging adds counts. The bounds are those of
 * Datadog's library; its stores take a kilobyte for ten values, so tiles hold packed counts:
 *
 *     length of the run · [first slot · a byte per slot] · pairs (distance, count)
 *
 * The run covers the slots that lie close together, since a byte is added up ten times faster than a pair is read.
 * Pairs hold all others, and what a byte cannot hold of a count. Runs begin and end at multiples of four slots:
 * four bytes at once are added to two words of two 16-bit counts each. (Earlier releases did not align them.)
 */
import { DDSketch } from '@datadog/sketches-js';
import { varintAt, varintSize } from '../windows/packing.js';
import { StateWriter } from '../windows/state-writer.js';

/** Relative error of a value that a sketch gives back, unless it is one of the greatest: see `errorAt`. */
export const QUANTILE_ERROR = 0.01;

const { mapping } = new DDSketch({ relativeAccuracy: QUANTILE_ERROR });
/** Bucket 0 is the value 0, positive values have positive buckets, negative ones mirror them. */
const KEY_SHIFT = 1 - mapping.key(mapping.minPossible);
const BUCKETS_MAX = mapping.key(mapping.maxPossible) + KEY_SHIFT;

const PAGE_BITS = 8;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGES = ((2 * BUCKETS_MAX) >>> PAGE_BITS) + 1;

/** A packed pair: three bits for the distance to the bucket before, five for the count, both less one. */
const FAR = 7;
const MANY = 31;
const BYTE_MAX = 255;
/** So many bytes, each at most `BYTE_MAX`, have a sum that 16 bits hold. */
const RUNS_UNSETTLED_MAX = 257;
/** So many empty slots in the run one occupied slot is worth: then a run is at least a third full. */
const EMPTY_WORTH = 2;
/** A shorter run would not earn its place in the packing. */
const RUN_WORTH_MIN = 16;

function bucketOf(value: number): number {
  const size = Math.abs(value);
  if (size <= mapping.minPossible) return 0;
  const bucket = mapping.key(Math.min(size, mapping.maxPossible)) + KEY_SHIFT;
  return value > 0 ? bucket : -bucket;
}

/** The last bucket goes on to the end of the doubles' range, so it is wider than the others. */
const LAST_FROM = mapping.value(BUCKETS_MAX - KEY_SHIFT) / (1 + QUANTILE_ERROR);
const LAST_HALF = LAST_FROM / 2 + Number.MAX_VALUE / 2;
/** The value that is off by the same part of itself from both ends, and that part. */
const LAST_VALUE = (LAST_FROM / LAST_HALF) * Number.MAX_VALUE;
const LAST_ERROR = Number.MAX_VALUE / LAST_HALF - LAST_FROM / LAST_HALF;

function valueOf(bucket: number): number {
  if (bucket === 0) return 0;
  if (Math.abs(bucket) === BUCKETS_MAX) return Math.sign(bucket) * LAST_VALUE;
  return Math.sign(bucket) * mapping.value(Math.abs(bucket) - KEY_SHIFT);
}

/** The working form: counts in pages, allocated where values fall and reused, with the sum of each page. */
export class BucketHistogram {
  private total = 0;
  private readonly pages: (Float64Array | undefined)[] = Array.from({ length: PAGES });
  private readonly sums = new Float64Array(PAGES);
  private firstPage = PAGES;
  private lastPage = -1;
  /** Runs that `settle` has yet to add to the pages: words of two 16-bit counts, for slots a and a + 2. */
  private readonly unsettled: (Int32Array | undefined)[] = Array.from({ length: PAGES });
  private firstUnsettled = PAGES;
  private lastUnsettled = -1;
  private unsettledRuns = 0;
  /** Scratch of `pack`: the slots with a count, ascending. */
  private readonly occupied: number[] = [];

  count(): number {
    this.settle();
    return this.total;
  }

  clear(): void {
    this.settle();
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.sums[page] === 0) continue;
      this.pages[page]!.fill(0);
      this.sums[page] = 0;
    }
    this.total = 0;
    this.firstPage = PAGES;
    this.lastPage = -1;
  }

  addValue(value: number): void {
    const slot = bucketOf(value) + BUCKETS_MAX;
    this.pageAt(slot >>> PAGE_BITS)[slot & (PAGE_SIZE - 1)]!++;
    this.addToSum(slot >>> PAGE_BITS, 1);
  }

  /** The inner loop of every read of a hot quantile. */
  addPacked(bytes: Uint8Array, begin: number, end: number): void {
    const length = varintAt(bytes, begin);
    let from = begin + varintSize(length);
    if (length > 0) {
      const firstSlot = varintAt(bytes, from);
      from += varintSize(firstSlot);
      if (((firstSlot | length) & 3) === 0) this.addWords(bytes, from, firstSlot, length);
      else this.addRun(bytes, from, firstSlot, length);
    }
    if (from + length < end) this.addPairs(bytes, from + length, end);
  }

  pack(): Uint8Array {
    const { occupied } = this;
    this.settle();
    this.findOccupied();
    const { first, last } = densestRun(occupied);
    packer.reset();
    const begin = last < first ? 0 : occupied[first]! & ~3;
    const end = last < first ? 0 : (occupied[last]! | 3) + 1;
    packer.varint(end - begin);
    if (end > begin) packer.varint(begin);
    for (let slot = begin; slot < end; slot++) packer.byte(Math.min(this.countAt(slot), BYTE_MAX));
    let before = -1;
    for (let i = 0; i < occupied.length; i++) {
      const slot = occupied[i]!;
      const count = this.countAt(slot) - (slot >= begin && slot < end ? BYTE_MAX : 0);
      if (count <= 0) continue;
      packPair(slot - before - 1, count - 1);
      before = slot;
    }
    return packer.take();
  }

  /** The value of the given rank, counting from 0 for the least; after `count`. */
  valueAt(rank: number): number {
    return valueOf(this.bucketAt(rank));
  }

  /** The relative error that `valueAt` may have. */
  errorAt(rank: number): number {
    return Math.abs(this.bucketAt(rank)) === BUCKETS_MAX ? LAST_ERROR : QUANTILE_ERROR;
  }

  private bucketAt(rank: number): number {
    let before = 0;
    let page = this.firstPage;
    while (page < this.lastPage && before + this.sums[page]! <= rank) before += this.sums[page++]!;
    const counts = this.pages[page]!;
    let slot = 0;
    while (slot < PAGE_SIZE - 1 && before + counts[slot]! <= rank) before += counts[slot++]!;
    return page * PAGE_SIZE + slot - BUCKETS_MAX;
  }

  private addWords(bytes: Uint8Array, from: number, firstSlot: number, length: number): void {
    if (this.unsettledRuns === RUNS_UNSETTLED_MAX) this.settle();
    this.unsettledRuns++;
    this.firstUnsettled = Math.min(this.firstUnsettled, firstSlot >>> PAGE_BITS);
    this.lastUnsettled = Math.max(this.lastUnsettled, (firstSlot + length - 1) >>> PAGE_BITS);
    for (let done = 0; done < length;) {
      const slot = firstSlot + done;
      const base = slot & (PAGE_SIZE - 1);
      const inPage = Math.min(length - done, PAGE_SIZE - base);
      const words = (this.unsettled[slot >>> PAGE_BITS] ??= new Int32Array(PAGE_SIZE / 2));
      addWords(words, base / 2, bytes, from + done, inPage);
      done += inPage;
    }
  }

  /** Adds the runs that came as words to the pages. */
  private settle(): void {
    if (this.unsettledRuns === 0) return;
    for (let page = this.firstUnsettled; page <= this.lastUnsettled; page++) {
      const words = this.unsettled[page];
      if (words) this.addToSum(page, drainWords(words, this.pageAt(page)));
    }
    this.firstUnsettled = PAGES;
    this.lastUnsettled = -1;
    this.unsettledRuns = 0;
  }

  private addRun(bytes: Uint8Array, from: number, firstSlot: number, length: number): void {
    for (let done = 0; done < length;) {
      const slot = firstSlot + done;
      const page = slot >>> PAGE_BITS;
      const counts = this.pageAt(page);
      const base = slot & (PAGE_SIZE - 1);
      const inPage = Math.min(length - done, PAGE_SIZE - base);
      this.addToSum(page, addBytes(counts, base, bytes, from + done, inPage));
      done += inPage;
    }
  }

  /** Pairs ascend, so the page at hand rarely changes. */
  private addPairs(bytes: Uint8Array, from: number, end: number): void {
    let slot = -1;
    let page = -1;
    let counts: Float64Array = NO_COUNTS;
    let sum = 0;
    for (let at = from; at < end;) {
      const pair = bytes[at++]!;
      let distance = pair >>> 5;
      if (distance === FAR) {
        let scale = 1;
        for (; bytes[at]! >= 0x80; scale *= 128) distance += (bytes[at++]! & 0x7f) * scale;
        distance += bytes[at++]! * scale;
      }
      let count = pair & MANY;
      if (count === MANY) {
        let scale = 1;
        for (; bytes[at]! >= 0x80; scale *= 128) count += (bytes[at++]! & 0x7f) * scale;
        count += bytes[at++]! * scale;
      }
      slot += distance + 1;
      count++;
      if (slot >>> PAGE_BITS !== page) {
        if (page >= 0) this.addToSum(page, sum);
        page = slot >>> PAGE_BITS;
        counts = this.pageAt(page);
        sum = 0;
      }
      counts[slot & (PAGE_SIZE - 1)]! += count;
      sum += count;
    }
    if (page >= 0) this.addToSum(page, sum);
  }

  private findOccupied(): void {
    this.occupied.length = 0;
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.sums[page] === 0) continue;
      const counts = this.pages[page]!;
      for (let slot = 0; slot < PAGE_SIZE; slot++) {
        if (counts[slot]! > 0) this.occupied.push(page * PAGE_SIZE + slot);
      }
    }
  }

  private countAt(slot: number): number {
    return this.pages[slot >>> PAGE_BITS]?.[slot & (PAGE_SIZE - 1)] ?? 0;
  }

  private pageAt(page: number): Float64Array {
    return (this.pages[page] ??= new Float64Array(PAGE_SIZE));
  }

  private addToSum(page: number, count: number): void {
    this.sums[page]! += count;
    this.total += count;
    if (page < this.firstPage) this.firstPage = page;
    if (page > this.lastPage) this.lastPage = page;
  }
}

/** The run of slots with the most occupied ones for its empty ones: first and last index into `occupied`. */
function densestRun(occupied: readonly number[]): { first: number; last: number } {
  const best = { first: 0, last: -1 };
  let bestWorth = RUN_WORTH_MIN;
  let worth = 0;
  let first = 0;
  for (let i = 0; i < occupied.length; i++) {
    worth -= i === first ? 0 : occupied[i]! - occupied[i - 1]! - 1;
    if (worth <= 0) {
      worth = 0;
      first = i;
    }
    worth += EMPTY_WORTH;
    if (worth <= bestWorth) continue;
    bestWorth = worth;
    best.first = first;
    best.last = i;
  }
  return best;
}

/** Adds bytes to 16-bit counts, two a word: no sum of `RUNS_UNSETTLED_MAX` bytes runs over. */
function addWords(words: Int32Array, to: number, bytes: Uint8Array, from: number, length: number): void {
  let word = to;
  for (let at = from; at < from + length; at += 4, word += 2) {
    words[word]! += bytes[at]! | (bytes[at + 2]! << 16);
    words[word + 1]! += bytes[at + 1]! | (bytes[at + 3]! << 16);
  }
}

/** Moves 16-bit counts to a page and returns their sum. */
function drainWords(words: Int32Array, counts: Float64Array): number {
  let sum = 0;
  for (let word = 0, slot = 0; word < words.length; word += 2, slot += 4) {
    const even = words[word]!;
    const odd = words[word + 1]!;
    if ((even | odd) === 0) continue;
    counts[slot]! += even & 0xffff;
    counts[slot + 1]! += odd & 0xffff;
    counts[slot + 2]! += even >>> 16;
    counts[slot + 3]! += odd >>> 16;
    sum += (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
    words[word] = 0;
    words[word + 1] = 0;
  }
  return sum;
}

/** Adds bytes to counts and returns their sum. */
function addBytes(
  counts: Float64Array,
  base: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    counts[base + i]! += bytes[from + i]!;
    sum += bytes[from + i]!;
  }
  return sum;
}

function packPair(distance: number, count: number): void {
  packer.byte((Math.min(distance, FAR) << 5) | Math.min(count, MANY));
  if (distance >= FAR) packer.varint(distance - FAR);
  if (count >= MANY) packer.varint(count - MANY);
}

/** Packed counts live as long as their tile, so slabs are small. */
const packer = new StateWriter(4_096);
const NO_COUNTS = new Float64Array(0);
