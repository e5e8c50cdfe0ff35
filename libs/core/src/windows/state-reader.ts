import { shortTextOf } from '../events/short-texts.js';
import {
  ALL_NULL,
  ALL_ZERO,
  checksumOf,
  DOUBLES,
  INTEGERS,
  INTEGERS_OR_NULL,
  VARINT_BYTES_MAX,
  unzigzag,
} from './packing.js';

/** A state that no release wrote, or that was damaged. It is refused, never misread. */
export class CorruptStateError extends Error {
  override readonly name = 'CorruptStateError';
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one sequence of bytes after the other. They are copied first: into an array that is always the same one,
 * whose views exist already. Making a view of each state took as long as reading it.
 */
export class StateReader {
  /** What is being read, for those who keep views of it: nobody writes to it. */
  source: Uint8Array = NO_BYTES;
  private bytes = new Uint8Array(65_536);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  private end = 0;

  open(source: Uint8Array): void {
    const { length } = source;
    if (length + VARINT_BYTES_MAX > this.bytes.length) {
      this.bytes = new Uint8Array(2 * (length + VARINT_BYTES_MAX));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(source);
    // A zero ends any number that begins before the end.
    this.bytes[length] = 0;
    this.source = source;
    this.at = 0;
    this.end = length;
  }

  close(): void {
    this.source = NO_BYTES;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** The place of the next byte in `source`. */
  get place(): number {
    return this.at;
  }

  byte(): number {
    return this.bytes[this.advance(1)]!;
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** The checksum of all that follows the place. */
  checksum(from: number): number {
    return checksumOf(this.view, from, this.end);
  }

  double(): number {
    return this.view.getFloat64(this.advance(8), true);
  }

  varint(): number {
    const first = this.bytes[this.at]!;
    if (first < 0x80) {
      this.advance(1);
      return first;
    }
    return this.longVarint();
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  text(): string | null {
    const length = this.varint();
    if (length === 0) return null;
    const at = this.advance(length - 1);
    const end = at + length - 1;
    return shortTextOf(this.bytes, at, end) ?? decoder.decode(this.bytes.subarray(at, end));
  }

  /** Passes over bytes and says where in `source` they began. */
  skip(length: number): number {
    return this.advance(length);
  }

  /** Passes over bytes and gives a copy of them. */
  aligned(length: number): ArrayBuffer {
    const at = this.advance(length);
    return this.bytes.buffer.slice(at, at + length);
  }

  /** What `StateWriter.column` wrote, to `into[to]` and the places after it. */
  column(into: number[], to: number, count: number): void {
    const form = this.byte();
    if (form === DOUBLES) this.doubles(into, to, count);
    else if (form === INTEGERS) this.integers(into, to, count);
    else if (form === INTEGERS_OR_NULL) this.integersOrNull(into, to, count);
    else if (form === ALL_ZERO) fill(into, to, count, 0);
    else if (form === ALL_NULL) fill(into, to, count, NaN);
    else throw new CorruptStateError(`A column of numbers has the unknown form ${form}`);
  }

  /** What `StateWriter.distances` wrote: fills `into[from … to − 1]` downwards from the known `into[to]`. */
  distances(into: number[], from: number, to: number): void {
    let value = into[to]!;
    for (let i = to - 1; i >= from; i--) into[i] = value -= this.varint();
  }

  private doubles(into: number[], to: number, count: number): void {
    let at = this.advance(8 * count);
    const { view } = this;
    for (let i = to; i < to + count; i++, at += 8) into[i] = view.getFloat64(at, true);
  }

  private integers(into: number[], to: number, count: number): void {
    for (let i = to; i < to + count; i++) into[i] = unzigzag(this.varint());
  }

  private integersOrNull(into: number[], to: number, count: number): void {
    for (let i = to; i < to + count; i++) {
      const value = this.varint();
      into[i] = value === 0 ? NaN : unzigzag(value - 1);
    }
  }

  private longVarint(): number {
    const { bytes } = this;
    let { at } = this;
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

  private advance(bytes: number): number {
    const { at } = this;
    if (at + bytes > this.end) throw new CorruptStateError('The state ends inside a value');
    this.at = at + bytes;
    return at;
  }
}

const NO_BYTES = new Uint8Array(0);

function fill(into: number[], to: number, count: number, value: number): void {
  for (let i = to; i < to + count; i++) into[i] = value;
}
