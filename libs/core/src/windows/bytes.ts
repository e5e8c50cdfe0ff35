/** States as bytes: numbers as small as their values allow, texts as UTF-8. Little-endian. */

/** A state that no release wrote, or that was damaged. It is refused, never misread. */
export class CorruptStateError extends Error {
  override readonly name = 'CorruptStateError';
}

/** How a column of numbers is packed; the first byte of its block. */
const ALL_NULL = 0;
const ALL_ZERO = 1;
const INTEGERS = 2;
/** Zero stands for null, every other value is one more than its zigzag form. */
const INTEGERS_OR_NULL = 3;
const DOUBLES = 4;

/** Integers beyond this take more bytes as varints than as doubles. */
const VARINT_WORTH = 2 ** 48;

/** Up to here the length of a plain text is one byte, and writing it letter by letter is the faster way. */
const SHORT_TEXT = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export class StateWriter {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  reset(): void {
    this.length = 0;
  }

  /**
   * A copy of what was written: the buffer itself is reused. Small ones are cut from Node's pool, because an
   * ArrayBuffer of its own for each state was a tenth of a turn.
   */
  take(): Uint8Array {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint32At(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A non-negative safe integer, seven bits a byte. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** An integer below 2^52 in size: small ones of either sign take few bytes. */
  signed(value: number): void {
    this.varint(zigzag(value));
  }

  text(value: string | null): void {
    if (value === null) {
      this.varint(0);
      return;
    }
    if (value.length <= SHORT_TEXT && this.plainText(value)) return;
    const utf8 = encoder.encode(value);
    this.varint(utf8.length + 1);
    this.reserve(utf8.length);
    this.bytes.set(utf8, this.length);
    this.length += utf8.length;
  }

  /** A short text of plain letters, the usual case, without a call into the encoder; false for any other. */
  private plainText(value: string): boolean {
    this.reserve(1 + value.length);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = value.length + 1;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.length = at;
    return true;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The numbers `values[base + at]` for each of the `count` indices; NaN is null. */
  column(values: Float64Array, base: number, indices: Uint32Array, count: number): void {
    const form = formOf(values, base, indices, count);
    this.byte(form);
    if (form === ALL_NULL || form === ALL_ZERO) return;
    for (let k = 0; k < count; k++) {
      const value = values[base + indices[k]!]!;
      if (form === DOUBLES) this.double(value);
      else if (form === INTEGERS) this.signed(value);
      else this.varint(Number.isNaN(value) ? 0 : zigzag(value) + 1);
    }
  }

  /** What was written from a place on: a view, valid until the next write. */
  since(from: number): Uint8Array {
    return this.bytes.subarray(from, this.length);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + bytes));
    wider.set(this.bytes);
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }
}

export class StateReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    return this.bytes[this.advance(1)]!;
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  double(): number {
    return this.view.getFloat64(this.advance(8), true);
  }

  varint(): number {
    const { bytes } = this;
    let { at } = this;
    // Past the end there is only `undefined`, which ends the number; `advance` then sees where that was.
    let byte = bytes[at++]!;
    let value = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 49) throw new CorruptStateError('A number is longer than any that is written');
      byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
    }
    this.advance(at - this.at);
    return value;
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  text(): string | null {
    const length = this.varint();
    if (length === 0) return null;
    const at = this.advance(length - 1);
    return decodeText(this.bytes, at, at + length - 1);
  }

  /** A view of the state's own bytes, which nobody writes to. */
  raw(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  column(values: Float64Array, base: number, indices: Uint32Array, count: number): void {
    const form = this.byte();
    if (form === DOUBLES) {
      let at = this.advance(8 * count);
      for (let k = 0; k < count; k++, at += 8) values[base + indices[k]!] = this.view.getFloat64(at, true);
    } else if (form === INTEGERS) {
      for (let k = 0; k < count; k++) values[base + indices[k]!] = this.signed();
    } else if (form === INTEGERS_OR_NULL) {
      for (let k = 0; k < count; k++) {
        const value = this.varint();
        values[base + indices[k]!] = value === 0 ? NaN : unzigzag(value - 1);
      }
    } else if (form === ALL_ZERO || form === ALL_NULL) {
      const value = form === ALL_ZERO ? 0 : NaN;
      for (let k = 0; k < count; k++) values[base + indices[k]!] = value;
    } else {
      throw new CorruptStateError(`A column of numbers has the unknown form ${form}`);
    }
  }

  private advance(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.bytes.length) throw new CorruptStateError('The state ends inside a value');
    this.at = at + bytes;
    return at;
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function formOf(values: Float64Array, base: number, indices: Uint32Array, count: number): number {
  let nulls = 0;
  let zeros = 0;
  for (let k = 0; k < count; k++) {
    const value = values[base + indices[k]!]!;
    if (Number.isNaN(value)) nulls++;
    else if (value === 0 && !Object.is(value, -0)) zeros++;
    else if (!Number.isInteger(value) || Math.abs(value) >= VARINT_WORTH || value === 0) return DOUBLES;
  }
  if (nulls === count) return ALL_NULL;
  if (zeros === count) return ALL_ZERO;
  return nulls === 0 ? INTEGERS : INTEGERS_OR_NULL;
}

/** Short texts of plain letters, the usual case, are built without a call into the decoder. */
function decodeText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= 24) {
    let text = '';
    let at = from;
    while (at < to && bytes[at]! < 0x80) text += String.fromCharCode(bytes[at++]!);
    if (at === to) return text;
  }
  return decoder.decode(bytes.subarray(from, to));
}

/**
 * A 32-bit checksum (the mixing of MurmurHash3, Austin Appleby, public domain). Each step is a bijection of the
 * word it takes, so damage inside one aligned 32-bit word never goes unnoticed; other damage does with 2^-32.
 */
export function checksumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = bytes.length | 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) hash = mixed(hash, view.getInt32(at, true));
  let tail = 0;
  for (let shift = 0; at < bytes.length; at++, shift += 8) tail |= bytes[at]! << shift;
  hash = mixed(hash, tail);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
