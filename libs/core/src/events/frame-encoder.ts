import type { Column } from './columns.js';
import { MAGIC, VERSION, WIDTH, type FrameLayout, type FrameRows } from './frame.js';

/** Growing output buffer; one per encoder call chain, reused, because frames are encoded one at a time. */
class Writer {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written: the buffer itself is reused. */
  take(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
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
    this.buffer[this.reserve(1)] = value;
  }
  u16(value: number): void {
    this.buffer.writeUInt16LE(value, this.reserve(2));
  }
  u32(value: number): void {
    this.buffer.writeUInt32LE(value, this.reserve(4));
  }
  f64(value: number): void {
    this.buffer.writeDoubleLE(value, this.reserve(8));
  }
  i64(value: bigint): void {
    this.buffer.writeBigInt64LE(value, this.reserve(8));
  }
  utf8(text: string): void {
    const bytes = Buffer.byteLength(text);
    const at = this.reserve(bytes);
    this.buffer.write(text, at, bytes, 'utf8');
  }
  raw(values: Uint8Array | Uint16Array | Uint32Array | Float64Array): void {
    const at = this.reserve(values.byteLength);
    this.buffer.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  }
}

const writer = new Writer();

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
  writeNumbers(writer, gather(input.eventTime, rows));
  for (let c = 0; c < layout.columns.length; c++) writeColumn(writer, input.columns[c] as Column, rows);
  if (input.traceparent !== undefined) {
    writer.u8(input.traceparent.length);
    writer.utf8(input.traceparent);
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

function gather(values: ArrayLike<number>, rows: ArrayLike<number>): Float64Array {
  const selected = new Float64Array(rows.length);
  for (let i = 0; i < selected.length; i++) selected[i] = values[rows[i] as number] as number;
  return selected;
}

function writeColumn(out: Writer, column: Column, rows: ArrayLike<number>): void {
  switch (column.kind) {
    case 'number': {
      writeNumbers(out, gather(column.values, rows));
      writeWide(out, column.wide, rows);
      return;
    }
    case 'string':
      return writeStrings(
        out,
        Array.from(rows, (row) => column.values[row] ?? null),
      );
    case 'list':
      return writeStrings(
        out,
        Array.from(rows, (row) => {
          const value = column.values[row];
          return value === null || value === undefined ? null : JSON.stringify(value);
        }),
      );
  }
}

function writeNumbers(out: Writer, values: Float64Array): void {
  let min = Infinity;
  let max = -Infinity;
  let integers = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== value) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    // -0 is no integer here: an offset from a base would lose its sign.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) integers = false;
  }
  if (min === Infinity) return out.u8(WIDTH.allNull);
  const range = max - min;
  if (!integers || range >= 0xffff_ffff) {
    out.u8(WIDTH.f64);
    return out.raw(values);
  }
  // The greatest offset of each width stands for null.
  const packed =
    range < 0xff
      ? new Uint8Array(values.length)
      : range < 0xffff
        ? new Uint16Array(values.length)
        : new Uint32Array(values.length);
  const nullOffset = 2 ** (8 * packed.BYTES_PER_ELEMENT) - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    packed[i] = value !== value ? nullOffset : value - min;
  }
  out.u8(packed.BYTES_PER_ELEMENT);
  out.f64(min);
  out.raw(packed);
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
  const entries = new Map<string, number>();
  const codes = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | null;
    if (value === null) {
      codes[i] = NaN;
      continue;
    }
    let code = entries.get(value);
    if (code === undefined) {
      code = entries.size;
      entries.set(value, code);
    }
    codes[i] = code;
  }
  out.u32(entries.size);
  const lengths = new Float64Array(entries.size);
  let bytes = 0;
  let i = 0;
  for (const entry of entries.keys()) bytes += lengths[i++] = Buffer.byteLength(entry);
  writeNumbers(out, lengths);
  out.u32(bytes);
  for (const entry of entries.keys()) out.utf8(entry);
  writeNumbers(out, codes);
}
