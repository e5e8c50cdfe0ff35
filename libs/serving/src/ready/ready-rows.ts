import { hash32, type Instant } from '@millrace/core';
import type { HashContents } from '../hash-reads.js';

/** A row as it was answered: what it was answered from, and until when the same would be answered again. */
export interface ReadyRow {
  /** The instant that it was answered as of. */
  readonly from: Instant;
  /** The first instant as of which the same contents may give other values. */
  readonly until: Instant;
  /** Values, statuses and event times, as they stand in the answer. */
  readonly json: Uint8Array;
  readonly statuses: Uint8Array;
  readonly contents: PackedContents;
}

/** Of each kept row: its object, its maps' entries and the head of its buffer, measured roughly. */
const BYTES_PER_ROW = 600;
/** Slots of the memory of keys that came once. */
const SEEN_SLOTS = 65_536;

/**
 * Answers that are likely to be given again. A window's value moves only when a row leaves it or an event arrives:
 * while neither happens, the text of an entity's features stays, and making it is nine tenths of what reading it
 * costs. The bytes in Redis are read and compared each time, so an answer is never older than the store.
 *
 * Bounded by bytes. A key is kept when it comes the second time: rows that are read once do not push out those that
 * are read all day. Two generations stand in for an order of use: the young one becomes the old one when it holds
 * half of the bytes, and what is found in the old one is young again.
 */
export class ReadyRows {
  private young = new Map<string, ReadyRow>();
  private old = new Map<string, ReadyRow>();
  private youngBytes = 0;
  /** Hashes of keys that came, the newest of each slot. */
  private readonly seen = new Int32Array(SEEN_SLOTS);

  constructor(private readonly bytesMax: number) {}

  /**
   * The row of that key if these contents give the same as of that instant. Its text follows from selection, contents
   * and instant alone, so keys need not be unique: one that two rows share costs them their place, never an answer.
   */
  find(key: string, contents: readonly HashContents[], asOf: Instant): ReadyRow | undefined {
    const young = this.young.get(key);
    const row = young ?? this.old.get(key);
    if (!row || asOf < row.from || asOf >= row.until || !row.contents.equal(contents)) return undefined;
    if (!young) this.keep(key, row);
    return row;
  }

  /** Whether a row that was not found is worth keeping. */
  isWanted(key: string): boolean {
    if (this.young.has(key) || this.old.has(key)) return true;
    const hash = hash32(key) | 0;
    const slot = hash & (SEEN_SLOTS - 1);
    if (this.seen[slot] === hash) return true;
    this.seen[slot] = hash;
    return false;
  }

  keep(key: string, row: ReadyRow): void {
    const bytes = sizeOf(row);
    if (bytes > this.bytesMax / 2) return;
    const before = this.young.get(key);
    this.youngBytes += bytes - (before ? sizeOf(before) : 0);
    if (this.youngBytes > this.bytesMax / 2) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = bytes;
    }
    this.young.set(key, row);
    this.old.delete(key);
  }
}

function sizeOf({ json, statuses, contents }: ReadyRow): number {
  return BYTES_PER_ROW + json.length + statuses.length + contents.bytes;
}

/** Stored bytes that were read, copied: what arrives are views of whole chunks from the socket. */
export class PackedContents {
  private constructor(
    /** By hash and field: its length, -1 where there was nothing. */
    private readonly lengths: Int32Array,
    private readonly packed: Buffer,
  ) {}

  /** Undefined where a hash could not be read. */
  static of(contents: readonly HashContents[]): PackedContents | undefined {
    const values: (Uint8Array | null)[] = [];
    for (const hash of contents) {
      if (hash instanceof Error) return undefined;
      values.push(...hash);
    }
    const lengths = Int32Array.from(values, (value) => value?.length ?? -1);
    // Not of Node's pool: this stays, and would hold on to its neighbours.
    const packed = Buffer.allocUnsafeSlow(values.reduce((sum, value) => sum + (value?.length ?? 0), 0));
    let at = 0;
    for (const value of values) {
      if (value) packed.set(value, at);
      at += value?.length ?? 0;
    }
    return new PackedContents(lengths, packed);
  }

  get bytes(): number {
    return this.packed.length + this.lengths.byteLength;
  }

  equal(contents: readonly HashContents[]): boolean {
    const { lengths, packed } = this;
    let field = 0;
    let at = 0;
    for (const hash of contents) {
      if (hash instanceof Error) return false;
      for (const value of hash) {
        const length = value === null ? -1 : value.length;
        if (length !== lengths[field++]) return false;
        if (value === null) continue;
        if (packed.compare(value, 0, length, at, at + length) !== 0) return false;
        at += length;
      }
    }
    return field === lengths.length;
  }
}
