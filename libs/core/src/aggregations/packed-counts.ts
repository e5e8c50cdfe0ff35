/**
 * Counts per slot as tiles hold them, packed by groups of `GROUP_SLOTS` slots:
 *
 *     runs of groups: groups skipped u16 · groups u16 · form u8 · counts of the groups · counts of their slots
 *
 * Who looks for the slot of a rank adds up the counts of groups and then looks into one group of each packing: a
 * tenth of what all slots are. Counts of groups lie in planes, the lowest bytes of all first, each from a multiple of
 * four groups to another: so four groups are added at once (`addPlane`), and no loop has to decide anything. (The
 * library's own stores take a kilobyte for ten values.)
 */
import type { StateWriter } from '../windows/state-writer.js';

export const GROUP_BITS = 4;
export const GROUP_SLOTS = 1 << GROUP_BITS;

/** The low half of a run's form is that of its slots; then follow the number of planes, and whether it is the last. */
const SLOT_FORMS = 16;
const LAST = 0x80;
/** A nibble for each value: its slot. Where those of a group begin, the counts of the groups before it tell. */
const LIST = 0;
/** A nibble for each slot: its count. Form n beyond this: n − 1 bytes for each slot, little-endian. */
const NIBBLES = 1;
const NIBBLE_MAX = 15;
const BYTE_MAX = 255;
/** A new run takes about as long to add as so many empty groups more in the one before. */
const RUN_WORTH_GROUPS = 8;

/** Of a run; no slot is of a group beyond 16 bits. */
const HEADER_BYTES = 5;

const NO_BYTES = new Uint8Array(0);

/** Reads packed counts run by run. */
export class PackedCounts {
  bytes: Uint8Array = NO_BYTES;
  /** The groups `[first, end)` of the run. */
  first = 0;
  end = 0;
  form = 0;
  planes = 0;
  planeBytes = 0;
  /** Where the planes begin, and where the slots do. */
  planesAt = 0;
  slotsAt = 0;
  private at = 0;

  open(bytes: Uint8Array, begin: number, end: number): void {
    this.bytes = bytes;
    this.end = 0;
    this.at = begin;
    this.form = begin === end ? LAST : 0;
  }

  /** Goes on to the next run; false after the last. */
  nextRun(): boolean {
    if (this.form >= LAST) return false;
    const { bytes, at } = this;
    const first = this.end + (bytes[at]! | (bytes[at + 1]! << 8));
    const end = first + (bytes[at + 2]! | (bytes[at + 3]! << 8));
    const form = bytes[at + 4]!;
    const planesAt = at + HEADER_BYTES;
    this.first = first;
    this.end = end;
    this.form = form;
    this.planes = (form & ~LAST) >>> 4;
    this.planeBytes = ((end + 3) & ~3) - (first & ~3);
    this.planesAt = planesAt;
    this.slotsAt = planesAt + this.planes * this.planeBytes;
    if (form < LAST) this.at = this.slotsAt + this.slotBytes();
    return true;
  }

  private slotBytes(): number {
    const form = this.form & (SLOT_FORMS - 1);
    if (form !== LIST) return (this.end - this.first) * bytesOfGroup(form);
    const { bytes, slotsAt } = this;
    let values = 0;
    for (let at = this.planesAt; at < slotsAt; at++) values += bytes[at]!;
    return (values + 1) >>> 1;
  }
}

/**
 * Adds a plane to words of two 16-bit counts each: `words[i]` has those of the groups 2 i and 2 i + 2, the next one
 * those of 2 i + 1 and 2 i + 3. No sum of 257 planes runs over.
 */
export function addPlane(
  words: Int32Array,
  firstGroup: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  let word = (firstGroup & ~3) >>> 1;
  for (let at = from; at < to; at += 4, word += 2) {
    // All loads before the first store: measured faster, as in tally.ts.
    const even = bytes[at]! | (bytes[at + 2]! << 16);
    const odd = bytes[at + 1]! | (bytes[at + 3]! << 16);
    const evenBefore = words[word]!;
    const oddBefore = words[word + 1]!;
    words[word] = evenBefore + even;
    words[word + 1] = oddBefore + odd;
  }
}

/** Adds the counts of the slots of one group, the n-th of its run. */
export function addSlots(
  counts: Float64Array,
  bytes: Uint8Array,
  form: number,
  slotsAt: number,
  n: number,
  countAt: number,
): void {
  const slotForm = form & (SLOT_FORMS - 1);
  if (slotForm === LIST) {
    let values = 0;
    for (let at = countAt - n; at < countAt; at++) values += bytes[at]!;
    addList(counts, bytes, 2 * slotsAt + values, bytes[countAt]!);
  } else if (slotForm === NIBBLES) {
    addNibbles(counts, bytes, slotsAt + n * (GROUP_SLOTS / 2));
  } else if (slotForm === NIBBLES + 1) {
    addBytes(counts, bytes, slotsAt + n * GROUP_SLOTS);
  } else {
    const width = slotForm - NIBBLES;
    addWide(counts, bytes, slotsAt + n * GROUP_SLOTS * width, width);
  }
}

/** Packs the occupied groups, which ascend, from the sum and the counts of the slots of each. */
export function packCounts(
  out: StateWriter,
  occupied: readonly number[],
  sums: Float64Array,
  slotsOf: (group: number) => Float64Array,
): void {
  const runs: { first: number; beyond: number }[] = [];
  for (let first = 0; first < occupied.length;) {
    let last = first;
    while (last + 1 < occupied.length && occupied[last + 1]! - occupied[last]! <= RUN_WORTH_GROUPS) last++;
    runs.push({ first: occupied[first]!, beyond: occupied[last]! + 1 });
    first = last + 1;
  }
  let end = 0;
  runs.forEach(({ first, beyond }, run) => {
    writeGroups(out, first - end);
    writeRun(out, first, beyond, run === runs.length - 1 ? LAST : 0, sums, slotsOf);
    end = beyond;
  });
}

function writeRun(
  out: StateWriter,
  from: number,
  to: number,
  last: number,
  sums: Float64Array,
  slotsOf: (group: number) => Float64Array,
): void {
  let total = 0;
  let mostOfGroup = 0;
  for (let group = from; group < to; group++) {
    const sum = sums[group]!;
    total += sum;
    if (sum > mostOfGroup) mostOfGroup = sum;
  }
  const planes = bytesOf(mostOfGroup);
  const listable = mostOfGroup <= BYTE_MAX;
  let form = LIST;
  if (!listable || total / 2 > (to - from) * bytesOfGroup(NIBBLES)) {
    const mostOfSlot = mostIn(from, to, sums, slotsOf);
    form = mostOfSlot <= NIBBLE_MAX ? NIBBLES : NIBBLES + bytesOf(mostOfSlot);
    if (listable && total / 2 <= (to - from) * bytesOfGroup(form)) form = LIST;
  }
  writeGroups(out, to - from);
  out.byte(last + planes * SLOT_FORMS + form);
  for (let plane = 0, unit = 1; plane < planes; plane++, unit *= 256) {
    for (let group = from & ~3; group < ((to + 3) & ~3); group++) {
      out.byte(group < from || group >= to ? 0 : Math.floor(sums[group]! / unit) % 256);
    }
  }
  if (form === LIST) writeList(out, from, to, sums, slotsOf);
  else
    for (let group = from; group < to; group++)
      writeSlots(out, form, sums[group] === 0 ? NO_COUNTS : slotsOf(group));
}

function writeGroups(out: StateWriter, groups: number): void {
  out.byte(groups % 256);
  out.byte(groups >>> 8);
}

function mostIn(
  from: number,
  to: number,
  sums: Float64Array,
  slotsOf: (group: number) => Float64Array,
): number {
  let most = 0;
  for (let group = from; group < to; group++) {
    if (sums[group]! <= most) continue;
    const slots = slotsOf(group);
    for (let slot = 0; slot < GROUP_SLOTS; slot++) if (slots[slot]! > most) most = slots[slot]!;
  }
  return most;
}

const NO_COUNTS = new Float64Array(GROUP_SLOTS);

function writeList(
  out: StateWriter,
  from: number,
  to: number,
  sums: Float64Array,
  slotsOf: (group: number) => Float64Array,
): void {
  let nibbles = 0;
  let low = 0;
  for (let group = from; group < to; group++) {
    if (sums[group] === 0) continue;
    const slots = slotsOf(group);
    for (let slot = 0; slot < GROUP_SLOTS; slot++) {
      for (let times = slots[slot]!; times > 0; times--) {
        if (nibbles++ % 2 === 0) low = slot;
        else out.byte(low | (slot << 4));
      }
    }
  }
  if (nibbles % 2 === 1) out.byte(low);
}

function writeSlots(out: StateWriter, form: number, slots: Float64Array): void {
  for (let slot = 0; slot < GROUP_SLOTS; slot++) {
    if (form === NIBBLES) {
      out.byte(slots[slot]! | (slots[++slot]! << 4));
    } else {
      let rest = slots[slot]!;
      for (let byte = NIBBLES; byte < form; byte++, rest = Math.floor(rest / 256)) out.byte(rest % 256);
    }
  }
}

function bytesOfGroup(form: number): number {
  return form === NIBBLES ? GROUP_SLOTS / 2 : GROUP_SLOTS * (form - NIBBLES);
}

function bytesOf(number: number): number {
  let bytes = 1;
  for (let rest = number; rest >= 256; rest = Math.floor(rest / 256)) bytes++;
  return bytes;
}

function addList(counts: Float64Array, bytes: Uint8Array, fromNibble: number, count: number): void {
  for (let k = fromNibble; k < fromNibble + count; k++) {
    counts[(bytes[k >>> 1]! >>> ((k & 1) << 2)) & 15]!++;
  }
}

/** As in `addPlane`: loads before stores. */
function addNibbles(counts: Float64Array, bytes: Uint8Array, from: number): void {
  for (let slot = 0, at = from; slot < GROUP_SLOTS; slot += 4, at += 2) {
    const low = bytes[at]!;
    const high = bytes[at + 1]!;
    addFour(counts, slot, low & 15, low >>> 4, high & 15, high >>> 4);
  }
}

function addBytes(counts: Float64Array, bytes: Uint8Array, from: number): void {
  for (let slot = 0, at = from; slot < GROUP_SLOTS; slot += 4, at += 4) {
    addFour(counts, slot, bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  }
}

function addFour(counts: Float64Array, slot: number, a: number, b: number, c: number, d: number): void {
  const ofA = counts[slot]!;
  const ofB = counts[slot + 1]!;
  const ofC = counts[slot + 2]!;
  const ofD = counts[slot + 3]!;
  counts[slot] = ofA + a;
  counts[slot + 1] = ofB + b;
  counts[slot + 2] = ofC + c;
  counts[slot + 3] = ofD + d;
}

function addWide(counts: Float64Array, bytes: Uint8Array, from: number, width: number): void {
  for (let k = 0; k < GROUP_SLOTS; k++) {
    let count = 0;
    for (let byte = width - 1; byte >= 0; byte--) count = count * 256 + bytes[from + k * width + byte]!;
    counts[k]! += count;
  }
}
