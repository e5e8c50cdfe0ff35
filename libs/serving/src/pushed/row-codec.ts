/**
 * Packed rows of pushed groups: event time, then the features in the order of the plan, each a tag and its
 * bytes. A version of a group never changes, so names and types need not be stored.
 *
 *     row   := float64 event time (ms, little endian) , varint number of features , value*
 *     value := tag byte , payload
 */
import type { FeatureValue, Instant } from '@millrace/core';

/** Part of the stored layout: never renumber. */
const TAG = {
  NULL: 0,
  FALSE: 1,
  TRUE: 2,
  /** int64, 8 bytes. */
  INT: 3,
  /** float64, 8 bytes. */
  FLOAT: 4,
  /** varint bytes, UTF-8. */
  TEXT: 5,
  /** varint elements, value*. */
  LIST: 6,
  /** varint elements, float64*. */
  DOUBLES: 7,
  /** varint elements, float32*: a list of numbers that all survive rounding to 32 bits, as embeddings do. */
  SINGLES: 8,
} as const;

/** Where the row begins after its event time, which the write script compares. */
const HEADER_BYTES = 8;

export class CorruptRowError extends Error {
  override readonly name = 'CorruptRowError';
}

export interface PushedRow {
  readonly eventTime: Instant;
  readonly values: readonly FeatureValue[];
}

export function encodeRow(row: PushedRow): Buffer {
  const writer = new RowWriter();
  writer.float64(row.eventTime);
  writer.varint(row.values.length);
  for (const value of row.values) writer.value(value);
  return writer.bytes();
}

/** @throws CorruptRowError for bytes that `encodeRow` did not write. */
export function decodeRow(bytes: Uint8Array): PushedRow {
  const reader = new RowReader(bytes);
  try {
    const eventTime = reader.float64();
    const values = Array.from({ length: reader.length() }, () => reader.value());
    if (!reader.atEnd()) throw new CorruptRowError('bytes after the last value');
    return { eventTime, values };
  } catch (error) {
    if (error instanceof RangeError) throw new CorruptRowError('the row ends too early', { cause: error });
    throw error;
  }
}

/** Event time of a packed row without unpacking it. */
export function eventTimeOf(bytes: Uint8Array): Instant {
  if (bytes.length < HEADER_BYTES) throw new CorruptRowError('the row ends too early');
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
}

class RowWriter {
  private buffer = Buffer.allocUnsafe(256);
  private size = 0;

  bytes(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.size));
  }

  value(value: FeatureValue): void {
    if (value === null) this.byte(TAG.NULL);
    else if (typeof value === 'boolean') this.byte(value ? TAG.TRUE : TAG.FALSE);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value === 'object') this.list(listOf(value));
    else if (typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))) {
      this.byte(TAG.INT);
      this.size = this.room(8).writeBigInt64LE(BigInt(value), this.size);
    } else {
      this.byte(TAG.FLOAT);
      this.float64(value);
    }
  }

  float64(value: number): void {
    this.size = this.room(8).writeDoubleLE(value, this.size);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  private text(value: string): void {
    const length = Buffer.byteLength(value);
    this.byte(TAG.TEXT);
    this.varint(length);
    this.size += this.room(length).write(value, this.size);
  }

  private list(items: readonly FeatureValue[]): void {
    if (items.length > 0 && items.every(isDouble)) {
      this.numbers(items);
      return;
    }
    this.byte(TAG.LIST);
    this.varint(items.length);
    for (const item of items) this.value(item);
  }

  private numbers(items: readonly number[]): void {
    const single = items.every((item) => Math.fround(item) === item);
    this.byte(single ? TAG.SINGLES : TAG.DOUBLES);
    this.varint(items.length);
    const buffer = this.room(items.length * 8);
    for (const item of items) {
      this.size = single ? buffer.writeFloatLE(item, this.size) : buffer.writeDoubleLE(item, this.size);
    }
  }

  private byte(value: number): void {
    this.size = this.room(1).writeUInt8(value, this.size);
  }

  private room(bytes: number): Buffer {
    if (this.size + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.size + bytes));
      this.buffer.copy(larger, 0, 0, this.size);
      this.buffer = larger;
    }
    return this.buffer;
  }
}

/** Reads what RowWriter wrote; a read past the end throws a RangeError. */
class RowReader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  atEnd(): boolean {
    return this.at === this.buffer.length;
  }

  float64(): number {
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** A number of elements or bytes: never more than there are bytes left. */
  length(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (value > this.buffer.length) throw new CorruptRowError('a length beyond the end of the row');
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  value(): FeatureValue {
    const tag = this.byte();
    switch (tag) {
      case TAG.NULL:
        return null;
      case TAG.FALSE:
        return false;
      case TAG.TRUE:
        return true;
      case TAG.INT:
        return this.int();
      case TAG.FLOAT:
        return this.float64();
      case TAG.TEXT:
        return this.text();
      case TAG.LIST:
        return Array.from({ length: this.length() }, () => this.value());
      case TAG.DOUBLES:
        return Array.from({ length: this.length() }, () => this.float64());
      case TAG.SINGLES:
        return Array.from({ length: this.length() }, () => this.float32());
      default:
        throw new CorruptRowError(`unknown tag ${tag}`);
    }
  }

  private int(): number | bigint {
    const value = this.buffer.readBigInt64LE(this.at);
    this.at += 8;
    const double = Number(value);
    return Number.isSafeInteger(double) ? double : value;
  }

  private float32(): number {
    const value = this.buffer.readFloatLE(this.at);
    this.at += 4;
    return value;
  }

  private text(): string {
    const length = this.length();
    const from = this.at;
    this.at += length;
    if (this.at > this.buffer.length) throw new CorruptRowError('a text beyond the end of the row');
    return this.buffer.toString('utf8', from, this.at);
  }

  private byte(): number {
    const value = this.buffer.readUInt8(this.at);
    this.at += 1;
    return value;
  }
}

function listOf(
  value: Exclude<FeatureValue, null | number | bigint | string | boolean>,
): readonly FeatureValue[] {
  if ('map' in value && !Array.isArray(value)) throw new TypeError('maps are computed, never pushed');
  return value as readonly FeatureValue[];
}

function isDouble(value: FeatureValue): value is number {
  return typeof value === 'number';
}
