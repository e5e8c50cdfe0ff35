import {
  ALL_NULL,
  ALL_ZERO,
  checksumOf,
  DOUBLES,
  INTEGERS,
  INTEGERS_OR_NULL,
  VARINT_BYTES_MAX,
  zigzag,
} from './packing.js';

/** Integers beyond this take more bytes as varints than as doubles. */
const VARINT_WORTH = 2 ** 48;
/** Up to here the length of a plain text is one byte, and writing it letter by letter is the faster way. */
const SHORT_TEXT = 64;

const encoder = new TextEncoder();

/**
 * Writes one sequence of bytes after the other into slabs. What `take` gives away is a view of the slab, as an
 * ArrayBuffer of its own for each state was a tenth of a turn; a slab lives as long as any view of it.
 */
export class StateWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private start = 0;
  private at = 0;

  constructor(private readonly slabBytes: number) {
    this.bytes = new Uint8Array(slabBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** How many bytes were written since the last `take`. */
  get length(): number {
    return this.at - this.start;
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.bytes.buffer, this.start, this.at - this.start);
    this.start = this.at;
    return taken;
  }

  /** What was written since the last `take`: a view, valid until the next write. */
  get written(): Uint8Array {
    return this.bytes.subarray(this.start, this.at);
  }

  /** Forgets what was written since the last `take`. */
  reset(): void {
    this.at = this.start;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  /** Writes the checksum of all that follows the place `from` to the place `to`, counted as `length` is. */
  checksum(to: number, from: number): void {
    this.view.setUint32(this.start + to, checksumOf(this.view, this.start + from, this.at), true);
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** A non-negative safe integer, seven bits a byte. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.at = putVarint(this.bytes, this.at, value);
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
    this.raw(utf8);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A few bytes out of others: up to some dozen one by one are faster than a call of `set`. */
  span(of: Uint8Array, from: number, length: number): void {
    this.reserve(length);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) bytes[at + i] = of[from + i]!;
    this.at = at + length;
  }

  /** The `count` numbers from `values[from]` on; NaN is null. */
  column(values: readonly number[], from: number, count: number): void {
    const form = formOf(values, from, count);
    this.byte(form);
    if (form === DOUBLES) this.doubles(values, from, count);
    else if (form === INTEGERS) this.integers(values, from, count);
    else if (form === INTEGERS_OR_NULL) this.integersOrNull(values, from, count);
  }

  /** The distances from each of `values[from … to]` to the one before it, the last first. */
  distances(values: readonly number[], from: number, to: number): void {
    this.reserve((to - from) * VARINT_BYTES_MAX);
    const { bytes } = this;
    let { at } = this;
    for (let i = to; i > from; i--) at = putVarint(bytes, at, values[i]! - values[i - 1]!);
    this.at = at;
  }

  private doubles(values: readonly number[], from: number, count: number): void {
    this.reserve(8 * count);
    const { view } = this;
    let { at } = this;
    for (let i = from; i < from + count; i++, at += 8) view.setFloat64(at, values[i]!, true);
    this.at = at;
  }

  private integers(values: readonly number[], from: number, count: number): void {
    this.reserve(count * VARINT_BYTES_MAX);
    const { bytes } = this;
    let { at } = this;
    for (let i = from; i < from + count; i++) at = putVarint(bytes, at, zigzag(values[i]!));
    this.at = at;
  }

  private integersOrNull(values: readonly number[], from: number, count: number): void {
    this.reserve(count * VARINT_BYTES_MAX);
    const { bytes } = this;
    let { at } = this;
    for (let i = from; i < from + count; i++) {
      const value = values[i]!;
      at = putVarint(bytes, at, Number.isNaN(value) ? 0 : zigzag(value) + 1);
    }
    this.at = at;
  }

  /** A short text of plain letters, the usual case, without a call into the encoder; false for any other. */
  private plainText(value: string): boolean {
    this.reserve(1 + value.length);
    const { bytes } = this;
    let { at } = this;
    bytes[at++] = value.length + 1;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.at = at;
    return true;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const begun = this.bytes.subarray(this.start, this.at);
    this.bytes = new Uint8Array(Math.max(this.slabBytes, 2 * (begun.length + bytes)));
    this.bytes.set(begun);
    this.view = new DataView(this.bytes.buffer);
    this.at = begun.length;
    this.start = 0;
  }
}

/** Writes a varint for which there is room, and returns the place after it. */
function putVarint(bytes: Uint8Array, to: number, value: number): number {
  let at = to;
  let rest = value;
  while (rest >= 0x8000_0000) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function formOf(values: readonly number[], from: number, count: number): number {
  let nulls = 0;
  let zeros = 0;
  for (let i = from; i < from + count; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) nulls++;
    else if (value === 0 && !Object.is(value, -0)) zeros++;
    else if (!Number.isInteger(value) || Math.abs(value) >= VARINT_WORTH || value === 0) return DOUBLES;
  }
  if (nulls === count) return ALL_NULL;
  if (zeros === count) return ALL_ZERO;
  return nulls === 0 ? INTEGERS : INTEGERS_OR_NULL;
}
