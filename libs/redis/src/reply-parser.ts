import { StoredFields } from './stored-fields.js';

/** What Redis answers to HMGET. */
export type HashReply = StoredFields | Error;

const CR = 0x0d;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const DOLLAR = 0x24;
const STAR = 0x2a;
const UNDERSCORE = 0x5f;
/** Behind a line, and behind a value. */
const LINE_END = 2;
const ROOM_AT_FIRST = 64 * 1_024;

/**
 * Finds where replies to HMGET, and to nothing else, begin and end in the bytes of a connection (RESP2 and RESP3): arrays
 * of bulk strings and nulls, and errors. A parser for any reply at all costs ten times as much per value, and half of
 * the processor time of a read was spent there.
 */
export class ReplyParser {
  /** Of a reply that has not come whole, with room for more; what is filled, and how far it was looked at. */
  private begun = Buffer.alloc(0);
  private filled = 0;
  private seen = 0;
  /** Values of that reply behind what was looked at. */
  private missing = 0;
  /** Where the bytes end that are looked at. */
  private end = 0;
  /** Where a header's number ended. */
  private headerEnd = 0;

  constructor(private readonly onReply: (reply: HashReply) => void) {}

  /** @throws Error for what is no reply to HMGET: the connection cannot be used any more. */
  push(chunk: Buffer): void {
    if (this.filled === 0) {
      this.parse(chunk, chunk.length);
      return;
    }
    this.append(chunk);
    this.parse(this.begun, this.filled);
  }

  private parse(bytes: Buffer, end: number): void {
    this.end = end;
    let from = 0;
    let at = this.seen;
    while (at < end) {
      const next = this.missing === 0 ? this.begin(bytes, at) : this.value(bytes, at);
      if (next < 0) break;
      at = next;
      if (this.missing > 0) continue;
      this.onReply(
        bytes[from] === MINUS
          ? new Error(bytes.toString('utf8', from + 1, at - LINE_END))
          : new StoredFields(bytes, from, at),
      );
      from = at;
    }
    this.keep(bytes, from, end);
    this.seen = at - from;
  }

  /** Replies are views of the bytes that they came in, so what is left of those is copied away from them. */
  private keep(bytes: Buffer, from: number, end: number): void {
    if (bytes === this.begun && from === 0) return;
    this.filled = 0;
    this.begun = Buffer.alloc(0);
    if (from < end) this.append(bytes.subarray(from, end));
  }

  /** Room is doubled: a value of megabytes comes in many chunks, and joining them with each would copy it as many times. */
  private append(chunk: Buffer): void {
    const filled = this.filled + chunk.length;
    if (filled > this.begun.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(ROOM_AT_FIRST, 2 * filled));
      this.begun.copy(wider, 0, 0, this.filled);
      this.begun = wider;
    }
    chunk.copy(this.begun, this.filled);
    this.filled = filled;
  }

  /** The head of an array, or an error. Answers where it ends, or -1 where it has not come whole. */
  private begin(bytes: Buffer, at: number): number {
    const type = bytes[at];
    if (type === MINUS) {
      const end = bytes.indexOf('\r\n', at);
      return end < 0 || end + LINE_END > this.end ? -1 : end + LINE_END;
    }
    if (type !== STAR) throw unexpected(bytes, at);
    const count = this.number(bytes, at + 1);
    if (this.headerEnd < 0) return -1;
    if (!(count > 0)) throw unexpected(bytes, at);
    this.missing = count;
    return this.headerEnd;
  }

  private value(bytes: Buffer, at: number): number {
    const type = bytes[at];
    if (type !== DOLLAR && type !== UNDERSCORE) throw unexpected(bytes, at);
    // `_` is the null of RESP3, with no number behind it.
    const length = this.number(bytes, at + 1);
    if (this.headerEnd < 0) return -1;
    const isNull = type === UNDERSCORE || length < 0;
    const end = isNull ? this.headerEnd : this.headerEnd + length + LINE_END;
    if (end > this.end) return -1;
    this.missing--;
    return end;
  }

  /** The number up to the end of the line; `headerEnd` is behind it, or -1 where the line has not come whole. */
  private number(bytes: Buffer, from: number): number {
    let at = from;
    let value = 0;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    for (; at < this.end; at++) {
      const byte = bytes[at] as number;
      if (byte === CR) break;
      value = value * 10 + (byte - DIGIT_ZERO);
    }
    this.headerEnd = at + LINE_END <= this.end ? at + LINE_END : -1;
    return isNegative ? -value : value;
  }
}

function unexpected(bytes: Buffer, at: number): Error {
  const text = JSON.stringify(bytes.toString('latin1', at, Math.min(bytes.length, at + 40)));
  return new Error(`Redis answered HMGET with ${text}`);
}
