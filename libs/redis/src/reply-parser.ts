/** What Redis answers to HMGET: the values, views of the bytes that arrived, or an error. */
export type HashReply = readonly (Uint8Array | null)[] | Error;

const CR = 0x0d;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const DOLLAR = 0x24;
const STAR = 0x2a;
const UNDERSCORE = 0x5f;

/**
 * Reads replies to HMGET, and nothing else, from the bytes of a connection (RESP2 and RESP3): arrays of bulk
 * strings and nulls, and errors. A parser for any reply at all costs ten times as much per value, and half of the
 * processor time of a read was spent there.
 */
export class ReplyParser {
  private values: (Uint8Array | null)[] = [];
  /** Values of the array begun that have not come yet. */
  private missing = 0;
  /** Bytes of an element that has not come whole. */
  private kept: Buffer[] = [];
  private keptBytes = 0;
  /** As many bytes as that element must have at least. */
  private wantedBytes = 0;
  /** Where a header's number ended. */
  private headerEnd = 0;

  constructor(private readonly onReply: (reply: HashReply) => void) {}

  /** @throws Error for what is no reply to HMGET: the connection cannot be used any more. */
  push(chunk: Buffer): void {
    if (this.keptBytes === 0) {
      this.parse(chunk);
      return;
    }
    this.kept.push(chunk);
    this.keptBytes += chunk.length;
    // A value of megabytes comes in many chunks: joining them with each would copy it as many times.
    if (this.keptBytes < this.wantedBytes) return;
    const whole = Buffer.concat(this.kept, this.keptBytes);
    this.kept = [];
    this.keptBytes = 0;
    this.parse(whole);
  }

  private parse(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const end = this.missing === 0 ? this.begin(bytes, at) : this.value(bytes, at);
      if (end < 0) {
        this.wantedBytes = -end;
        this.kept.push(at === 0 ? bytes : bytes.subarray(at));
        this.keptBytes = bytes.length - at;
        return;
      }
      at = end;
      if (this.missing === 0 && this.values.length > 0) {
        const { values } = this;
        this.values = [];
        this.onReply(values);
      }
    }
  }

  /** The head of an array, or an error. Answers where it ends, or minus the bytes that it has at least. */
  private begin(bytes: Buffer, at: number): number {
    const type = bytes[at];
    if (type === MINUS) {
      const end = bytes.indexOf('\r\n', at);
      if (end < 0) return -(bytes.length - at + 1);
      this.onReply(new Error(bytes.toString('utf8', at + 1, end)));
      return end + 2;
    }
    if (type !== STAR) throw unexpected(bytes, at);
    const count = this.number(bytes, at + 1);
    if (this.headerEnd < 0) return -(bytes.length - at + 1);
    if (!(count > 0)) throw unexpected(bytes, at);
    this.missing = count;
    return this.headerEnd;
  }

  private value(bytes: Buffer, at: number): number {
    const type = bytes[at];
    if (type !== DOLLAR && type !== UNDERSCORE) throw unexpected(bytes, at);
    // `_` is the null of RESP3, with no number behind it.
    const length = this.number(bytes, at + 1);
    if (this.headerEnd < 0) return -(bytes.length - at + 1);
    if (type === UNDERSCORE || length < 0) {
      this.values.push(null);
      this.missing--;
      return this.headerEnd;
    }
    const from = this.headerEnd;
    const end = from + length + 2;
    if (end > bytes.length) return -(end - at);
    this.values.push(bytes.subarray(from, from + length));
    this.missing--;
    return end;
  }

  /** The number up to the end of the line; `headerEnd` is behind it, or -1 where the line has not come whole. */
  private number(bytes: Buffer, from: number): number {
    let at = from;
    let value = 0;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === CR) break;
      value = value * 10 + (byte - DIGIT_ZERO);
    }
    this.headerEnd = at + 2 <= bytes.length ? at + 2 : -1;
    return isNegative ? -value : value;
  }
}

function unexpected(bytes: Buffer, at: number): Error {
  const text = JSON.stringify(bytes.toString('latin1', at, Math.min(bytes.length, at + 40)));
  return new Error(`Redis answered HMGET with ${text}`);
}
