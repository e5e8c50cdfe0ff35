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
const NOTHING = Buffer.alloc(0);
/** Of what follows a reply that has not come whole, copied at a time: most replies end within the first. */
const PIECE_BYTES = 8 * 1_024;

/**
 * Finds where replies to HMGET, and to nothing else, begin and end in the bytes of a connection (RESP2 and RESP3): arrays
 * of bulk strings and nulls, and errors. A parser for any reply at all costs ten times as much per value, and half of
 * the processor time of a read was spent there.
 */
export class ReplyParser {
  /** Of a reply that has not come whole, with room for more, and what is filled. */
  private begun: Buffer = NOTHING;
  private filled = 0;
  /** How far that reply was looked at, and its values behind that. */
  private seen = 0;
  private missing = 0;
  /** Where the bytes end that are looked at. */
  private end = 0;
  /** Where a header's number ended. */
  private headerEnd = 0;

  constructor(private readonly onReply: (reply: HashReply) => void) {}

  /** @throws Error for what is no reply to HMGET: the connection cannot be used any more. */
  push(chunk: Buffer): void {
    let at = this.filled > 0 ? this.complete(chunk) : 0;
    while (at < chunk.length) {
      const end = this.replyEnd(chunk, at, chunk.length);
      if (end < 0) {
        this.append(chunk, at, chunk.length);
        return;
      }
      this.emit(chunk, at, end);
      at = end;
    }
  }

  /**
   * Ends the reply that was begun. Only what it needs is copied, to memory of its own, because replies are views of the
   * bytes that they came in.
   * @returns where in the chunk the next reply begins
   */
  private complete(chunk: Buffer): number {
    for (let at = 0; at < chunk.length;) {
      const pieceEnd = Math.min(chunk.length, at + PIECE_BYTES);
      this.append(chunk, at, pieceEnd);
      at = pieceEnd;
      const { begun, filled } = this;
      const end = this.replyEnd(begun, 0, filled);
      if (end < 0) continue;
      this.begun = NOTHING;
      this.filled = 0;
      this.emit(begun, 0, end);
      return at - (filled - end);
    }
    return chunk.length;
  }

  private emit(bytes: Buffer, from: number, end: number): void {
    this.onReply(
      bytes[from] === MINUS
        ? new Error(bytes.toString('utf8', from + 1, end - LINE_END))
        : new StoredFields(bytes, from, end),
    );
  }

  /** Room is doubled: a value of megabytes comes in many chunks, and joining them with each would copy it as many times. */
  private append(chunk: Buffer, from: number, to: number): void {
    const filled = this.filled + to - from;
    if (filled > this.begun.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(filled + PIECE_BYTES, 2 * this.begun.length));
      this.begun.copy(wider, 0, 0, this.filled);
      this.begun = wider;
    }
    chunk.copy(this.begun, this.filled, from, to);
    this.filled = filled;
  }

  /** Where the reply ends that begins there, or -1 where it has not come whole: it is looked at from where that ended. */
  private replyEnd(bytes: Buffer, from: number, end: number): number {
    this.end = end;
    let at = from + this.seen;
    do {
      const next = this.missing === 0 ? this.begin(bytes, at) : this.value(bytes, at);
      if (next < 0) {
        this.seen = at - from;
        return -1;
      }
      at = next;
    } while (this.missing > 0);
    this.seen = 0;
    return at;
  }

  /** The head of an array, or an error. Answers where it ends, or -1 where it has not come whole. */
  private begin(bytes: Buffer, at: number): number {
    if (at >= this.end) return -1;
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
    if (at >= this.end) return -1;
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
