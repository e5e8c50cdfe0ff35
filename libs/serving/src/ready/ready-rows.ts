import { hash32, type Instant } from '@millrace/core';
import type { HashContents } from '../hash-reads.js';

/** A row as it was answered, what it was answered from, and for which instants the same would be answered. */
export interface ReadyRow extends ReadyTime {
  /** Holds text, statuses and contents, one behind the other, until the generation after the next begins. */
  readonly bytes: Buffer;
  readonly at: number;
  readonly statusesAt: number;
  readonly contentsAt: number;
  readonly end: number;
  /** How many bytes the contents of each hash take. */
  readonly lengths: readonly number[];
  readonly generation: number;
}

export interface ReadyTime {
  /** The instant that the row was answered as of. */
  readonly from: Instant;
  /** The first instant as of which the same contents may give other values. */
  readonly until: Instant;
}

/** Slots of the memory of keys that came once. */
const SEEN_SLOTS = 65_536;

/**
 * Answers that are likely to be given again. A window's value moves only when a row leaves it or an event arrives:
 * while neither happens, the text of an entity's features stays, and making it is most of what reading it
 * costs. The bytes in Redis are read and compared each time, so an answer is never older than the store.
 *
 * Bounded by bytes. A key is kept when it comes the second time: rows that are read once do not push out those that
 * are read all day. Two generations stand in for an order of use: what is kept goes to the young one, what is used in
 * the old one is kept again; when the young one is full it becomes the old one, whose bytes are then written over.
 * The bytes of each are one block: as many small ones would make V8 collect garbage all the time.
 */
export class ReadyRows {
  private young = new Map<string, ReadyRow>();
  private old = new Map<string, ReadyRow>();
  /** Of the young and of the old generation; allocated when they are first needed. */
  private blocks: [Buffer | undefined, Buffer | undefined] = [undefined, undefined];
  private generation = 0;
  private filled = 0;
  private filledOld = 0;
  private givenAgain = 0;
  /** Hashes of keys that came, the newest of each slot. */
  private readonly seen = new Int32Array(SEEN_SLOTS);

  constructor(
    /** Of both generations. */
    private readonly bytesMax: number,
  ) {}

  /**
   * The row of that key if these contents give the same as of that instant: its bytes are there until something is kept.
   * Its text follows from selection, contents and instant alone, so keys need not be unique: one that two rows share
   * costs them their place, never an answer.
   */
  find(key: string, contents: readonly HashContents[], asOf: Instant): ReadyRow | undefined {
    const row = this.young.get(key) ?? this.old.get(key);
    if (!row || asOf < row.from || asOf >= row.until || !isOf(row, contents)) return undefined;
    this.givenAgain++;
    return row;
  }

  /** Bytes that are kept, and how often a row was found so far. */
  get use(): { readonly bytes: number; readonly givenAgain: number } {
    return { bytes: this.filled + this.filledOld, givenAgain: this.givenAgain };
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

  /** Keeps a row that was made; what is given is copied. Contents hold no error. */
  keep(
    key: string,
    time: ReadyTime,
    json: Uint8Array,
    statuses: Uint8Array,
    contents: readonly HashContents[],
  ): void {
    const lengths = contents.map((hash) => (hash instanceof Error ? 0 : hash.length));
    const stored = lengths.reduce((sum, length) => sum + length, 0);
    const room = this.roomFor(json.length + statuses.length + stored);
    if (!room) return;
    const { bytes, at } = room;
    const statusesAt = at + json.length;
    const contentsAt = statusesAt + statuses.length;
    bytes.set(json, at);
    bytes.set(statuses, statusesAt);
    let end = contentsAt;
    for (const hash of contents) {
      if (hash instanceof Error) continue;
      hash.copyTo(bytes, end);
      end += hash.length;
    }
    this.add(key, { ...time, bytes, at, statusesAt, contentsAt, end, lengths, generation: this.generation });
  }

  /** Keeps a row that was found for longer, where it would be written over next. */
  renew(key: string, row: ReadyRow): void {
    if (row.generation !== this.generation - 1) return;
    const length = row.end - row.at;
    const room = this.roomFor(length);
    // To make room for it, it may have been written over.
    if (!room || row.generation !== this.generation - 1) return;
    row.bytes.copy(room.bytes, room.at, row.at, row.end);
    const moved = room.at - row.at;
    this.add(key, {
      ...row,
      bytes: room.bytes,
      at: room.at,
      statusesAt: row.statusesAt + moved,
      contentsAt: row.contentsAt + moved,
      end: row.end + moved,
      generation: this.generation,
    });
  }

  private add(key: string, row: ReadyRow): void {
    this.young.set(key, row);
    this.old.delete(key);
  }

  private roomFor(length: number): { readonly bytes: Buffer; readonly at: number } | undefined {
    const blockBytes = this.bytesMax / 2;
    if (length > blockBytes) return undefined;
    if (this.filled + length > blockBytes) {
      this.blocks = [this.blocks[1], this.blocks[0]];
      this.old = this.young;
      this.young = new Map();
      this.filledOld = this.filled;
      this.filled = 0;
      this.generation++;
    }
    const bytes = (this.blocks[0] ??= Buffer.allocUnsafeSlow(blockBytes));
    const at = this.filled;
    this.filled += length;
    return { bytes, at };
  }
}

/** Whether a row was answered from these contents. */
function isOf({ lengths, bytes, contentsAt }: ReadyRow, contents: readonly HashContents[]): boolean {
  let at = contentsAt;
  for (let i = 0; i < contents.length; i++) {
    const hash = contents[i] as HashContents;
    const length = lengths[i] as number;
    if (hash instanceof Error || !hash.isCopiedTo(bytes, at, length)) return false;
    at += length;
  }
  return true;
}
