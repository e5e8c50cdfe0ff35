/**
 * Counts per bucket of a DDSketch; merging adds counts. Where many packed counts are added up for a few ranks, as a
 * read does, only their groups are added; then the slots of the groups in which the ranks lie.
 */
import { StateWriter } from '../windows/state-writer.js';
import { addPlane, addSlots, GROUP_BITS, GROUP_SLOTS, packCounts, PackedCounts } from './packed-counts.js';
import { SLOTS, slotError, slotOf, slotValue } from './value-buckets.js';

/** Groups are cleared and searched by pages, so that values far apart cost no more than close ones. */
const PAGE_BITS = 4;
const PAGE_GROUPS = 1 << PAGE_BITS;
const PAGES = (SLOTS >>> (GROUP_BITS + PAGE_BITS)) + 1;
const GROUPS = PAGES * PAGE_GROUPS;

/** So many planes have sums that 16 bits hold. */
const UNSETTLED_MAX = 257;

/** Of each run in `runs`: its groups, its form, and where its planes and its slots begin. */
const FIRST = 0;
const END = 1;
const FORM = 2;
const PLANES_AT = 3;
const SLOTS_AT = 4;
const RUN_NUMBERS = 5;

/** The counts of one group's slots, in the first so many runs and single values. */
interface GroupSlots {
  group: number;
  readonly counts: Float64Array;
  runs: number;
  loose: number;
}

export class BucketHistogram {
  private total = 0;
  /** Counts by group, without the planes that `settle` has yet to add to them. */
  private readonly sums = new Float64Array(GROUPS);
  /** By plane: what was not settled yet; see `addPlane`. */
  private readonly unsettled: Int32Array[] = [];
  private unsettledRuns = 0;
  /** 1 for a page some of whose counts may not be 0. */
  private readonly touched = new Uint8Array(PAGES);
  private firstPage = PAGES;
  private lastPage = -1;
  /** What was added: runs, with `RUN_NUMBERS` each and the bytes that they lie in, and the slots of single values. */
  private runs = new Int32Array(256 * RUN_NUMBERS);
  private readonly runBytes: Uint8Array[] = [];
  private loose = new Int32Array(256);
  private looseCount = 0;
  /** Groups that were looked into since `clear`; the first `lookedCount` of them count. */
  private readonly looked: GroupSlots[] = [];
  private lookedCount = 0;
  private readonly cursor = new PackedCounts();
  /** Scratch of `pack`: the occupied groups, ascending. */
  private readonly occupied: number[] = [];

  count(): number {
    this.settle();
    return this.total;
  }

  clear(): void {
    this.settle();
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.touched[page] === 0) continue;
      this.sums.fill(0, page * PAGE_GROUPS, (page + 1) * PAGE_GROUPS);
      this.touched[page] = 0;
    }
    this.total = 0;
    this.firstPage = PAGES;
    this.lastPage = -1;
    this.runBytes.length = 0;
    this.looseCount = 0;
    this.lookedCount = 0;
  }

  addValue(value: number): void {
    const slot = slotOf(value);
    if (this.looseCount === this.loose.length) this.loose = widened(this.loose);
    this.loose[this.looseCount++] = slot;
    const group = slot >>> GROUP_BITS;
    this.touch(group, group + 1);
    this.sums[group]!++;
    this.total++;
  }

  /** The inner loop of every read of a hot quantile. */
  addPacked(bytes: Uint8Array, begin: number, end: number): void {
    const { cursor } = this;
    cursor.open(bytes, begin, end);
    while (cursor.nextRun()) {
      this.remember(cursor);
      this.touch(cursor.first, cursor.end);
      if (this.unsettledRuns === UNSETTLED_MAX) this.settle();
      this.unsettledRuns++;
      const { first, planes, planeBytes } = cursor;
      while (this.unsettled.length < planes) this.unsettled.push(new Int32Array(GROUPS / 2));
      for (let plane = 0, at = cursor.planesAt; plane < planes; plane++, at += planeBytes) {
        addPlane(this.unsettled[plane]!, first, bytes, at, at + planeBytes);
      }
    }
  }

  pack(): Uint8Array {
    this.settle();
    this.findOccupied();
    this.unpackAll();
    packer.reset();
    packCounts(packer, this.occupied, this.sums, unpackedAt);
    for (const group of this.occupied) unpackedAt(group).fill(0);
    return packer.take();
  }

  /** The value of the given rank, counting from 0 for the least; after `count`. */
  valueAt(rank: number): number {
    return slotValue(this.slotAt(rank));
  }

  /** The relative error that `valueAt` may have. */
  errorAt(rank: number): number {
    return slotError(this.slotAt(rank));
  }

  private slotAt(rank: number): number {
    const { sums, touched } = this;
    let before = 0;
    let group = 0;
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (touched[page] === 0) continue;
      group = page * PAGE_GROUPS;
      const end = group + PAGE_GROUPS;
      while (group < end && before + sums[group]! <= rank) before += sums[group++]!;
      if (group < end) break;
    }
    const counts = this.slotsOf(group);
    let slot = 0;
    while (slot < GROUP_SLOTS - 1 && before + counts[slot]! <= rank) before += counts[slot++]!;
    return group * GROUP_SLOTS + slot;
  }

  /** The counts of a group's slots in all that was added. */
  private slotsOf(group: number): Float64Array {
    const looked = this.lookedAt(group);
    const { counts } = looked;
    const { runs, runBytes, loose, looseCount } = this;
    for (let run = looked.runs; run < runBytes.length; run++) {
      const at = run * RUN_NUMBERS;
      const first = runs[at + FIRST]!;
      if (group < first || group >= runs[at + END]!) continue;
      const countAt = runs[at + PLANES_AT]! + group - (first & ~3);
      addSlots(counts, runBytes[run]!, runs[at + FORM]!, runs[at + SLOTS_AT]!, group - first, countAt);
    }
    for (let i = looked.loose; i < looseCount; i++) {
      if (loose[i]! >>> GROUP_BITS === group) counts[loose[i]! & (GROUP_SLOTS - 1)]!++;
    }
    looked.runs = runBytes.length;
    looked.loose = looseCount;
    return counts;
  }

  private lookedAt(group: number): GroupSlots {
    const { looked } = this;
    for (let i = 0; i < this.lookedCount; i++) if (looked[i]!.group === group) return looked[i]!;
    const fresh = (looked[this.lookedCount++] ??= {
      group,
      counts: new Float64Array(GROUP_SLOTS),
      runs: 0,
      loose: 0,
    });
    fresh.group = group;
    fresh.counts.fill(0);
    fresh.runs = 0;
    fresh.loose = 0;
    return fresh;
  }

  private remember({ bytes, first, end, form, planesAt, slotsAt }: PackedCounts): void {
    const at = this.runBytes.length * RUN_NUMBERS;
    this.runBytes.push(bytes);
    if (at === this.runs.length) this.runs = widened(this.runs);
    const { runs } = this;
    runs[at + FIRST] = first;
    runs[at + END] = end;
    runs[at + FORM] = form;
    runs[at + PLANES_AT] = planesAt;
    runs[at + SLOTS_AT] = slotsAt;
  }

  /** Adds the planes that came since the last time to the counts by group. */
  private settle(): void {
    if (this.unsettledRuns === 0) return;
    this.unsettledRuns = 0;
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.touched[page] === 0) continue;
      for (let plane = 0, unit = 1; plane < this.unsettled.length; plane++, unit *= 256) {
        this.total += drainPage(this.unsettled[plane]!, this.sums, page * PAGE_GROUPS, unit);
      }
    }
  }

  private findOccupied(): void {
    this.occupied.length = 0;
    for (let page = this.firstPage; page <= this.lastPage; page++) {
      if (this.touched[page] === 0) continue;
      for (let group = page * PAGE_GROUPS; group < (page + 1) * PAGE_GROUPS; group++) {
        if (this.sums[group]! > 0) this.occupied.push(group);
      }
    }
  }

  private unpackAll(): void {
    const { runs, runBytes, loose } = this;
    for (let run = 0; run < runBytes.length; run++) {
      const at = run * RUN_NUMBERS;
      const first = runs[at + FIRST]!;
      const countsAt = runs[at + PLANES_AT]! - (first & ~3);
      const end = runs[at + END]!;
      for (let group = first; group < end; group++) {
        if (this.sums[group] === 0) continue;
        const counts = unpackedAt(group);
        addSlots(
          counts,
          runBytes[run]!,
          runs[at + FORM]!,
          runs[at + SLOTS_AT]!,
          group - first,
          countsAt + group,
        );
      }
    }
    for (let i = 0; i < this.looseCount; i++) {
      unpackedAt(loose[i]! >>> GROUP_BITS)[loose[i]! & (GROUP_SLOTS - 1)]!++;
    }
  }

  private touch(from: number, to: number): void {
    const first = from >>> PAGE_BITS;
    const last = (to - 1) >>> PAGE_BITS;
    for (let page = first; page <= last; page++) this.touched[page] = 1;
    if (first < this.firstPage) this.firstPage = first;
    if (last > this.lastPage) this.lastPage = last;
  }
}

/** Moves the 16-bit counts of one page to the sums, times `unit`, and returns what was added. */
function drainPage(words: Int32Array, sums: Float64Array, firstGroup: number, unit: number): number {
  let total = 0;
  for (
    let group = firstGroup, word = firstGroup / 2;
    group < firstGroup + PAGE_GROUPS;
    group += 4, word += 2
  ) {
    const even = words[word]!;
    const odd = words[word + 1]!;
    if ((even | odd) === 0) continue;
    sums[group]! += (even & 0xffff) * unit;
    sums[group + 1]! += (odd & 0xffff) * unit;
    sums[group + 2]! += (even >>> 16) * unit;
    sums[group + 3]! += (odd >>> 16) * unit;
    total += ((even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16)) * unit;
    words[word] = 0;
    words[word + 1] = 0;
  }
  return total;
}

/** By group: the counts of its slots. Scratch of `pack`, which leaves zeros behind; all histograms share it. */
const unpacked: (Float64Array | undefined)[] = Array.from({ length: GROUPS });

function unpackedAt(group: number): Float64Array {
  return (unpacked[group] ??= new Float64Array(GROUP_SLOTS));
}

function widened(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(2 * numbers.length);
  wider.set(numbers);
  return wider;
}

/** Packed counts live as long as their tile, so slabs are small. */
const packer = new StateWriter(4_096);
