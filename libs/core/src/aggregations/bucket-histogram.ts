/**
 * Counts per bucket of a DDSketch (Masson, Rim & Lee, VLDB 2019): bucket bounds grow by a constant factor, so a
 * value read back is off by at most `QUANTILE_ERROR` of itself, and merging adds counts. The bounds are those of
 * Datadog's library; its stores take a kilobyte for ten values, so tiles hold packed counts:
 *
 *     length of the run · [first slot · a byte per slot] · pairs (distance, count)
 *
 * The run covers the slots that lie close together, since a byte is added up five times faster than a pair is read.
 * Pairs hold all others, and what a byte cannot hold of a count.
 */
import { DDSketch } from '@datadog/sketches-js';
import { StateWriter } from '../windows/state-writer.js';

/** Relative error of a value that a sketch gives back. */
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

function valueOf(bucket: number): number {
  if (bucket === 0) return 0;
  return Math.sign(bucket) * mapping.value(Math.abs(bucket) - KEY_SHIFT);
}

/** The working form: counts in pages, allocated where values fall and reused, with the sum of each page. */
export class BucketHistogram {
  total = 0;
  private readonly pages: (Float64Array | undefined)[] = Array.from({ length: PAGES });
  private readonly sums = new Float64Array(PAGES);
  private firstPage = PAGES;
  private lastPage = -1;
  /** Scratch of `pack`: the slots with a count, ascending. */
  private readonly occupied: number[] = [];

  clear(): void {
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
  addPacked(bytes: Uint8Array): void {
    const length = varintAt(bytes, 0);
    if (length === 0) {
      this.addPairs(bytes, 1);
      return;
    }
    const firstSlot = varintAt(bytes, varintSize(length));
    const from = varintSize(length) + varintSize(firstSlot);
    this.addRun(bytes, from, firstSlot, length);
    this.addPairs(bytes, from + length);
  }

  pack(): Uint8Array {
    const { occupied } = this;
    this.findOccupied();
    const { first, last } = densestRun(occupied);
    packer.reset();
    const length = last < first ? 0 : occupied[last]! - occupied[first]! + 1;
    packer.varint(length);
    if (length > 0) {
      packer.varint(occupied[first]!);
      for (let slot = occupied[first]!; slot <= occupied[last]!; slot++) {
        packer.byte(Math.min(this.countAt(slot), BYTE_MAX));
      }
    }
    let before = -1;
    for (let i = 0; i < occupied.length; i++) {
      const slot = occupied[i]!;
      const count = this.countAt(slot) - (i >= first && i <= last ? BYTE_MAX : 0);
      if (count <= 0) continue;
      packPair(slot - before - 1, count - 1);
      before = slot;
    }
    return packer.take();
  }

  /** The value of the given rank, counting from 0 for the least. */
  valueAt(rank: number): number {
    let before = 0;
    let page = this.firstPage;
    while (page < this.lastPage && before + this.sums[page]! <= rank) before += this.sums[page++]!;
    const counts = this.pages[page]!;
    let slot = 0;
    while (slot < PAGE_SIZE - 1 && before + counts[slot]! <= rank) before += counts[slot++]!;
    return valueOf(page * PAGE_SIZE + slot - BUCKETS_MAX);
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
  private addPairs(bytes: Uint8Array, from: number): void {
    let slot = -1;
    let page = -1;
    let counts: Float64Array = NO_COUNTS;
    let sum = 0;
    for (let at = from; at < bytes.length;) {
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

/** Adds bytes to counts and returns their sum. Four at a time, which takes two thirds of the time. */
function addBytes(
  counts: Float64Array,
  base: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): number {
  let sum = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const a = bytes[from + i]!;
    const b = bytes[from + i + 1]!;
    const c = bytes[from + i + 2]!;
    const d = bytes[from + i + 3]!;
    counts[base + i]! += a;
    counts[base + i + 1]! += b;
    counts[base + i + 2]! += c;
    counts[base + i + 3]! += d;
    sum += a + b + c + d;
  }
  for (; i < length; i++) {
    counts[base + i]! += bytes[from + i]!;
    sum += bytes[from + i]!;
  }
  return sum;
}

function varintAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (; bytes[at]! >= 0x80; scale *= 128) value += (bytes[at++]! & 0x7f) * scale;
  return value + bytes[at]! * scale;
}

function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; value = Math.floor(value / 128)) size++;
  return size;
}

function packPair(distance: number, count: number): void {
  packer.byte((Math.min(distance, FAR) << 5) | Math.min(count, MANY));
  if (distance >= FAR) packer.varint(distance - FAR);
  if (count >= MANY) packer.varint(count - MANY);
}

/** Packed counts live as long as their tile, so slabs are small. */
const packer = new StateWriter(4_096);
const NO_COUNTS = new Float64Array(0);
