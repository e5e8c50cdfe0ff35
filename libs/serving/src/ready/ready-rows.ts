import { hash32, type Instant } from '@millrace/core';
import type { HashContents } from '../hash-reads.js';

/** Where the text of the values, the statuses and the event times of a row that was found lie, one behind the other, until something is kept. */
export interface ReadyRow {
  readonly bytes: Buffer;
  /** Of the same bytes: event times are doubles. */
  readonly view: DataView;
  readonly at: number;
  readonly statusesAt: number;
  readonly timesAt: number;
  readonly contentsAt: number;
  readonly place: Place;
}

/** What is kept of a row that was made: what follows from its selection alone is written anew. */
export interface MadeRow {
  /** The text of its values. */
  readonly json: Uint8Array;
  readonly statuses: Uint8Array;
  /** By group. */
  readonly eventTimes: Float64Array;
}

/** Where all that is kept of a row begins. */
interface Place {
  readonly block: Block;
  readonly at: number;
}

export interface ReadyTime {
  /** The instant that the row was answered as of. */
  readonly from: Instant;
  /** The first instant as of which the same contents may give other values. */
  readonly until: Instant;
}

/** Slots of the memory of keys that came once. */
const SEEN_SLOTS = 65_536;

/** What lies in front of a row: from, until; the length of all of it, of the text, of the statuses, how many event times. */
const HEAD = { from: 0, until: 8, length: 16, text: 20, statuses: 24, times: 28, bytes: 32 } as const;
export const TIME_BYTES = 8;
/** In front of the contents of each hash: their length. */
const LENGTH_BYTES = 4;

/**
 * Some rows, one behind the other: head, text, statuses, event times, and the contents that all of it was made from. In bytes alone,
 * because objects that live for a while are copied by V8 twice before it leaves them alone: half of what a batch waited
 * for at its p99.
 */
class Block {
  readonly places = new Map<string, number>();
  readonly view: DataView;
  filled = 0;

  constructor(readonly bytes: Buffer) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The row there, if it was answered from these contents and holds for that instant. */
  read(at: number, contents: readonly HashContents[], asOf: Instant): ReadyRow | undefined {
    const { bytes, view } = this;
    if (asOf < view.getFloat64(at + HEAD.from) || asOf >= view.getFloat64(at + HEAD.until)) return undefined;
    const textAt = at + HEAD.bytes;
    const statusesAt = textAt + view.getInt32(at + HEAD.text);
    const timesAt = statusesAt + view.getInt32(at + HEAD.statuses);
    const contentsAt = timesAt + TIME_BYTES * view.getInt32(at + HEAD.times);
    let next = contentsAt;
    for (const hash of contents) {
      const length = view.getInt32(next);
      next += LENGTH_BYTES;
      if (hash instanceof Error || !hash.isCopiedTo(bytes, next, length)) return undefined;
      next += length;
    }
    return { bytes, view, at: textAt, statusesAt, timesAt, contentsAt, place: { block: this, at } };
  }

  lengthOf(at: number): number {
    return this.view.getInt32(at + HEAD.length);
  }
}

/**
 * Answers that are likely to be given again. A window's value moves only when a row leaves it or an event arrives:
 * while neither happens, the text of an entity's features stays, and making it is most of what reading it
 * costs. The bytes in Redis are read and compared each time, so an answer is never older than the store.
 *
 * Bounded by bytes. A key is kept when it comes the second time: rows that are read once do not push out those that
 * are read all day. Two generations stand in for an order of use: what is kept goes to the young one, what is used in
 * the old one is kept again; when the young one is full it becomes the old one, whose bytes are then written over.
 */
export class ReadyRows {
  private young: Block | undefined;
  private old: Block | undefined;
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
    const at = this.young?.places.get(key);
    const row = at === undefined ? this.findOld(key, contents, asOf) : this.young?.read(at, contents, asOf);
    if (row) this.givenAgain++;
    return row;
  }

  /** Bytes that are kept, and how often a row was found so far. */
  get use(): { readonly bytes: number; readonly givenAgain: number } {
    return { bytes: (this.young?.filled ?? 0) + (this.old?.filled ?? 0), givenAgain: this.givenAgain };
  }

  /** Whether a row that was not found is worth keeping. */
  isWanted(key: string): boolean {
    if (this.young?.places.has(key) || this.old?.places.has(key)) return true;
    const hash = hash32(key) | 0;
    const slot = hash & (SEEN_SLOTS - 1);
    if (this.seen[slot] === hash) return true;
    this.seen[slot] = hash;
    return false;
  }

  /** Keeps a row that was made; what is given is copied. Contents hold no error. */
  keep(
    key: string,
    { from, until }: ReadyTime,
    { json, statuses, eventTimes }: MadeRow,
    contents: readonly HashContents[],
  ): void {
    let length = HEAD.bytes + json.length + statuses.length + TIME_BYTES * eventTimes.length;
    for (const hash of contents) if (!(hash instanceof Error)) length += LENGTH_BYTES + hash.length;
    const block = this.blockFor(length);
    if (!block) return;
    const { bytes, view } = block;
    const at = this.add(key, block, length);
    view.setFloat64(at + HEAD.from, from);
    view.setFloat64(at + HEAD.until, until);
    view.setInt32(at + HEAD.length, length);
    view.setInt32(at + HEAD.text, json.length);
    view.setInt32(at + HEAD.statuses, statuses.length);
    view.setInt32(at + HEAD.times, eventTimes.length);
    let next = at + HEAD.bytes;
    bytes.set(json, next);
    next += json.length;
    bytes.set(statuses, next);
    next += statuses.length;
    for (let i = 0; i < eventTimes.length; i++, next += TIME_BYTES) view.setFloat64(next, eventTimes[i]!);
    for (const hash of contents) {
      if (hash instanceof Error) continue;
      view.setInt32(next, hash.length);
      hash.copyTo(bytes, next + LENGTH_BYTES);
      next += LENGTH_BYTES + hash.length;
    }
  }

  /** Keeps a row that was found for longer, where it would be written over next. */
  renew(key: string, { place: { block, at } }: ReadyRow): void {
    if (block !== this.old) return;
    const length = block.lengthOf(at);
    const young = this.blockFor(length);
    // To make room for it, it may have been written over.
    if (!young || block !== this.old) return;
    block.bytes.copy(young.bytes, this.add(key, young, length), at, at + length);
  }

  private findOld(key: string, contents: readonly HashContents[], asOf: Instant): ReadyRow | undefined {
    const at = this.old?.places.get(key);
    return at === undefined ? undefined : this.old?.read(at, contents, asOf);
  }

  /** @returns where the row begins */
  private add(key: string, block: Block, length: number): number {
    const at = block.filled;
    block.filled += length;
    block.places.set(key, at);
    this.old?.places.delete(key);
    return at;
  }

  /** The young block, with room for so many bytes. */
  private blockFor(length: number): Block | undefined {
    const blockBytes = this.bytesMax / 2;
    if (length > blockBytes) return undefined;
    if (this.young && this.young.filled + length <= blockBytes) return this.young;
    const bytes = this.young ? this.old?.bytes : undefined;
    this.old = this.young;
    return (this.young = new Block(bytes ?? Buffer.allocUnsafeSlow(blockBytes)));
  }
}
