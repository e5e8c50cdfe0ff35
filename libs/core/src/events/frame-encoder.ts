import type { Column } from './columns.js';
import { MAGIC, VERSION, WIDTH, type FrameLayout, type FrameRows } from './frame.js';

/** ASCII of at most so many letters is written letter by letter: a call of the native writer costs more. */
const SHORT_TEXT_LENGTH_MAX = 32;

/** Growing output buffer; one per encoder call chain, reused, because frames are encoded one at a time. */
class Writer {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written: the buffer itself is reused. */
  take(): Buffer {
    const copy = Buffer.allocUnsafe(this.length);
    this.buffer.copy(copy, 0, 0, this.length);
    return copy;
  }

  private reserve(bytes: number): number {
    const at = this.length;
    if (at + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, at + bytes));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    this.length = at + bytes;
    return at;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.buffer[at] = value;
  }
  u16(value: number): void {
    const at = this.reserve(2);
    this.buffer[at] = value;
    this.buffer[at + 1] = value >>> 8;
  }
  u32(value: number): void {
    const at = this.reserve(4);
    this.buffer[at] = value;
    this.buffer[at + 1] = value >>> 8;
    this.buffer[at + 2] = value >>> 16;
    this.buffer[at + 3] = value >>> 24;
  }
  f64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeDoubleLE(value, at);
  }
  i64(value: bigint): void {
    const at = this.reserve(8);
    this.buffer.writeBigInt64LE(value, at);
  }
  /** @param bytes that the text has in UTF-8 */
  utf8(text: string, bytes: number): void {
    const at = this.reserve(bytes);
    if (bytes === text.length && bytes <= SHORT_TEXT_LENGTH_MAX) {
      for (let i = 0; i < bytes; i++) this.buffer[at + i] = text.charCodeAt(i);
    } else this.buffer.write(text, at, bytes, 'utf8');
  }
  /** How far the numbers lie above a base, in so many bytes each; the greatest of that width stands for null. */
  offsets({ values, size }: Numbers, base: number, width: number): void {
    let at = this.reserve(size * width);
    const { buffer } = this;
    const nullOffset = 2 ** (8 * width) - 1;
    for (let i = 0; i < size; i++) {
      const value = values[i] as number;
      const offset = value !== value ? nullOffset : value - base;
      buffer[at++] = offset;
      if (width === WIDTH.u8) continue;
      buffer[at++] = offset >>> 8;
      if (width === WIDTH.u16) continue;
      buffer[at++] = offset >>> 16;
      buffer[at++] = offset >>> 24;
    }
  }
  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }
}

/**
 * Numbers on their way into a frame. Reused: under light traffic a frame holds an event or two, and to make
 * arrays for each of its columns would cost more than to fill them.
 */
class Numbers {
  size = 0;
  values = new Float64Array(1_024);
  private bytes = Buffer.from(this.values.buffer);

  /** Forgets what it held, and takes this many. */
  resize(size: number): Float64Array {
    this.size = size;
    if (size > this.values.length) {
      this.values = new Float64Array(2 * size);
      this.bytes = Buffer.from(this.values.buffer);
    }
    return this.values;
  }

  /** The doubles as they lie in memory. */
  raw(): Uint8Array {
    return this.bytes.subarray(0, this.size * 8);
  }
}

const writer = new Writer();
const numbers = new Numbers();
const codes = new Numbers();

export function encodeFrame(layout: FrameLayout, input: FrameRows): Buffer {
  const { rows } = input;
  writer.reset();
  writer.u8(MAGIC);
  writer.u8(VERSION);
  const header = headerOf(layout);
  writer.u16(header.length);
  writer.raw(header);
  writer.u32(rows.length);
  writeStrings(writer, input.entityIds);
  writeSelected(writer, input.eventTime, rows);
  for (let c = 0; c < layout.columns.length; c++) writeColumn(writer, input.columns[c] as Column, rows);
  if (input.traceparent !== undefined) {
    writer.u8(input.traceparent.length);
    writer.utf8(input.traceparent, input.traceparent.length);
  }
  return writer.take();
}

const headers = new WeakMap<FrameLayout, Buffer>();

function headerOf(layout: FrameLayout): Buffer {
  let header = headers.get(layout);
  if (!header) {
    header = Buffer.from(
      JSON.stringify({ s: layout.source, r: layout.route, c: layout.columns.map((c) => [c.name, c.type]) }),
    );
    headers.set(layout, header);
  }
  return header;
}

function writeSelected(out: Writer, values: ArrayLike<number>, rows: ArrayLike<number>): void {
  const selected = numbers.resize(rows.length);
  for (let i = 0; i < rows.length; i++) selected[i] = values[rows[i] as number] as number;
  writeNumbers(out, numbers);
}

function writeColumn(out: Writer, column: Column, rows: ArrayLike<number>): void {
  if (column.kind === 'number') {
    writeSelected(out, column.values, rows);
    return writeWide(out, column.wide, rows);
  }
  const texts: (string | null)[] = [];
  for (let i = 0; i < rows.length; i++) {
    const value = column.values[rows[i] as number] ?? null;
    texts.push(column.kind === 'string' || value === null ? (value as string | null) : JSON.stringify(value));
  }
  writeStrings(out, texts);
}

function writeNumbers(out: Writer, column: Numbers): void {
  const { values, size } = column;
  let min = Infinity;
  let max = -Infinity;
  let integers = true;
  for (let i = 0; i < size; i++) {
    const value = values[i] as number;
    if (value !== value) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    // -0 is no integer here: an offset from a base would lose its sign.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) integers = false;
  }
  // Where there are only infinite values, `min` is what it was too.
  if (min === Infinity && integers) return out.u8(WIDTH.allNull);
  const range = max - min;
  if (!integers || range >= 0xffff_ffff) {
    out.u8(WIDTH.f64);
    return out.raw(column.raw());
  }
  const width = range < 0xff ? WIDTH.u8 : range < 0xffff ? WIDTH.u16 : WIDTH.u32;
  out.u8(width);
  out.f64(min);
  out.offsets(column, min, width);
}

function writeWide(
  out: Writer,
  wide: ReadonlyMap<number, bigint> | undefined,
  rows: ArrayLike<number>,
): void {
  if (!wide) return out.u32(0);
  const found: [row: number, value: bigint][] = [];
  for (let i = 0; i < rows.length; i++) {
    const value = wide.get(rows[i] as number);
    if (value !== undefined) found.push([i, value]);
  }
  out.u32(found.length);
  for (const [row, value] of found) {
    out.u32(row);
    out.i64(value);
  }
}

/** A dictionary of the distinct strings, then the entry of each row (NaN, that is null, where it has none). */
function writeStrings(out: Writer, values: readonly (string | null)[]): void {
  const codeOf = new Map<string, number>();
  const entries: string[] = [];
  const rowCodes = codes.resize(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | null;
    if (value === null) {
      rowCodes[i] = NaN;
      continue;
    }
    let code = codeOf.get(value);
    if (code === undefined) {
      code = entries.push(value) - 1;
      codeOf.set(value, code);
    }
    rowCodes[i] = code;
  }
  out.u32(entries.length);
  const lengths = numbers.resize(entries.length);
  let bytes = 0;
  for (let i = 0; i < entries.length; i++) {
    bytes += lengths[i] = Buffer.byteLength(entries[i] as string);
  }
  writeNumbers(out, numbers);
  out.u32(bytes);
  for (let i = 0; i < entries.length; i++) out.utf8(entries[i] as string, lengths[i] as number);
  writeNumbers(out, codes);
}
