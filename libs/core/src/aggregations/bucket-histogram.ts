/**
 * Counts per bucket of a DDSketch (Masson, Rim & Lee, VLDB 2019): bucket bounds grow by a constant factor, so a
 * value read back is off by at most `QUANTILE_ERROR` of itself, and merging adds counts. The bounds are those of
 * Datadog's library; its stores take a kilobyte for ten values, so tiles hold packed (bucket, count) pairs.
 */
import { DDSketch } from '@datadog/sketches-js';
import { StateWriter } from '../windows/bytes.js';

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

  /** The inner loop of every read of a hot quantile: pairs ascend, so the page at hand rarely changes. */
  addPacked(bytes: Uint8Array): void {
    let slot = -1;
    let page = -1;
    let counts: Float64Array = NO_COUNTS;
    let sum = 0;
    for (let at = 0; at < bytes.length;) {
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

  pack(): Uint8Array {
    packer.reset();
    let before = -1;
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.sums[page] === 0) continue;
      const counts = this.pages[page]!;
      for (let slot = 0; slot < PAGE_SIZE; slot++) {
        const count = counts[slot]! - 1;
        if (count < 0) continue;
        const distance = page * PAGE_SIZE + slot - before - 1;
        before = page * PAGE_SIZE + slot;
        packer.byte((Math.min(distance, FAR) << 5) | Math.min(count, MANY));
        if (distance >= FAR) packer.varint(distance - FAR);
        if (count >= MANY) packer.varint(count - MANY);
      }
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

const packer = new StateWriter();
const NO_COUNTS = new Float64Array(0);
