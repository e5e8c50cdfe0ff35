const CRLF = '\r\n';
const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;
const UNDERSCORE = 0x5f;
/** What `\r\n` takes. */
const LINE_END = 2;

/**
 * What a hash holds of the fields asked for, as Redis answered it: an array of bulk strings and nulls (RESP2 or RESP3).
 * It is taken apart when somebody looks: whoever has seen the same bytes before need not.
 */
export class StoredFields {
  private found: readonly (Uint8Array | null)[] | undefined;

  /** A part of these bytes, which stay as they are. */
  constructor(
    private readonly bytes: Buffer,
    private readonly from: number,
    private readonly to: number,
  ) {}

  /** As Redis would answer these values. */
  static of(values: readonly (Uint8Array | null)[]): StoredFields {
    const bytes = Buffer.concat([
      Buffer.from(`*${values.length}${CRLF}`),
      ...values.flatMap((value) =>
        value === null
          ? [Buffer.from(`$-1${CRLF}`)]
          : [Buffer.from(`$${value.length}${CRLF}`), value, Buffer.from(CRLF)],
      ),
    ]);
    return new StoredFields(bytes, 0, bytes.length);
  }

  /** The values in the order of the fields, null for what is not there. */
  get values(): readonly (Uint8Array | null)[] {
    return (this.found ??= this.read());
  }

  /** How many bytes `copyTo` writes. */
  get length(): number {
    return this.to - this.from;
  }

  copyTo(target: Uint8Array, at: number): void {
    this.bytes.copy(target, at, this.from, this.to);
  }

  /** Whether these bytes were copied there. */
  isCopiedTo(target: Buffer, at: number, length: number): boolean {
    return length === this.length && target.compare(this.bytes, this.from, this.to, at, at + length) === 0;
  }

  private read(): (Uint8Array | null)[] {
    const { bytes, to } = this;
    const values: (Uint8Array | null)[] = [];
    let at = bytes.indexOf(LF, this.from) + 1;
    while (at < to) {
      const isNull = bytes[at] === UNDERSCORE || bytes[at + 1] === MINUS;
      let length = 0;
      for (at++; bytes[at] !== CR; at++) length = length * 10 + (bytes[at]! - ZERO);
      at += LINE_END;
      values.push(isNull ? null : bytes.subarray(at, at + length));
      if (!isNull) at += length + LINE_END;
    }
    return values;
  }
}
