/**
 * Frames: the packed events of one append to one stream partition, in columns.
 *
 * A frame carries events of one source along one route. It describes itself (column names and types travel in
 * its header), so frames written before a source changed stay readable. Columns are packed as small as their
 * values allow and decode into typed arrays without an object per event; strings decode on first use.
 *
 *     magic 'M' · version · u16 header length · header (JSON) · u32 rows
 *     entity ids (dictionary) · entity of each row · event times · one block per column
 *     where the request was traced: u8 length · W3C traceparent
 *
 * Integers are little-endian. The format is read by the next release: change it only under a new version.
 */
import type { ColumnType } from '../plan/plan.js';
import type { Column } from './columns.js';

const MAGIC = 0x4d;
const VERSION = 1;

export interface FrameColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
}

/** What stays the same from frame to frame: computed once per source and route. */
export interface FrameLayout {
  readonly source: string;
  readonly route: string;
  readonly columns: readonly FrameColumnSpec[];
}

export interface FrameRows {
  /** Rows of `eventTime` and `columns` that go into this frame, in order. */
  readonly rows: ArrayLike<number>;
  /** Entity id of each selected row. */
  readonly entityIds: readonly string[];
  readonly eventTime: ArrayLike<number>;
  /** In the order of the layout. */
  readonly columns: readonly Column[];
  /** The trace of the request that brought the events, in W3C form. */
  readonly traceparent?: string | undefined;
}

export interface Frame {
  readonly source: string;
  readonly route: string;
  readonly size: number;
  /** The distinct entity ids of the frame. */
  readonly entityIds: readonly string[];
  /** Row to index in `entityIds`. */
  readonly entityOf: Uint32Array;
  /** ms since the epoch. */
  readonly eventTime: Float64Array;
  /** The columns of the source as it was when the frame was written. */
  readonly columnSpecs: readonly FrameColumnSpec[];
  readonly traceparent: string | undefined;
  column(name: string): Column | undefined;
  /** One event as it was accepted, for dead letters and people. Wide integers come as bigint. */
  row(index: number): Record<string, unknown>;
}

/** A frame that no release wrote, or that was damaged: it names what does not fit, and is never misread. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError';
}

// --- Writing -------------------------------------------------------------------------------------------

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

/** How a block of numbers is stored: unsigned offsets from a base where that fits, else raw doubles. */
const WIDTH = { allNull: 0, u8: 1, u16: 2, u32: 4, f64: 8 } as const;

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

// --- Reading -------------------------------------------------------------------------------------------

class Reader {
  private at = 0;
  constructor(readonly buffer: Buffer) {}

  take(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.buffer.length) {
      throw new CorruptFrameError(`frame ends at byte ${this.buffer.length}, ${at + bytes} were expected`);
    }
    this.at = at + bytes;
    return at;
  }
  u8(): number {
    return this.buffer[this.take(1)] as number;
  }
  u16(): number {
    return this.buffer.readUInt16LE(this.take(2));
  }
  u32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }
  f64(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }
  i64(): bigint {
    return this.buffer.readBigInt64LE(this.take(8));
  }
  /** Raw little-endian elements, copied: a slice of a socket buffer is not aligned. */
  raw<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(into: T): T {
    const at = this.take(into.byteLength);
    new Uint8Array(into.buffer).set(this.buffer.subarray(at, at + into.byteLength));
    return into;
  }
  /** The text that ends the frame, where there is one. */
  trailer(): string | undefined {
    if (this.at === this.buffer.length) return undefined;
    const length = this.u8();
    const at = this.take(length);
    if (length === 0) throw new CorruptFrameError('an empty trailer');
    return this.buffer.toString('latin1', at, at + length);
  }
  end(): void {
    if (this.at !== this.buffer.length) {
      throw new CorruptFrameError(`frame has ${this.buffer.length - this.at} bytes behind its end`);
    }
  }
}

interface StringsBlock {
  readonly at: number;
  readonly lengths: Float64Array;
  readonly codes: Float64Array;
}

export function decodeFrame(buffer: Buffer): Frame {
  const reader = new Reader(buffer);
  const magic = reader.u8();
  const version = reader.u8();
  if (magic !== MAGIC || version !== VERSION) {
    throw new CorruptFrameError(`no frame of version ${VERSION}: it begins with bytes ${magic}, ${version}`);
  }
  const headerLength = reader.u16();
  const headerAt = reader.take(headerLength);
  const layout = layoutOf(buffer.toString('latin1', headerAt, headerAt + headerLength), buffer, headerAt);
  const size = reader.u32();
  // Every row takes at least a byte somewhere; a damaged count must not allocate gigabytes.
  if (size > buffer.length)
    throw new CorruptFrameError(`frame of ${buffer.length} bytes claims ${size} rows`);
  const ids = readStrings(reader, size);
  const entityIds = dictionaryOf(buffer, ids);
  const entityOf = Uint32Array.from(ids.codes);
  const eventTime = readNumbers(reader, size);
  const blocks = layout.columns.map((spec) => readBlock(reader, spec, size));
  const traceparent = reader.trailer();
  reader.end();
  return new DecodedFrame(buffer, layout, size, entityIds, entityOf, eventTime, blocks, traceparent);
}

/** Layouts by header text: a stream repeats the same few headers for hours. Bounded, in case it does not. */
const layouts = new Map<string, FrameLayout>();
const LAYOUTS_MAX = 1_000;

function layoutOf(key: string, buffer: Buffer, at: number): FrameLayout {
  const known = layouts.get(key);
  if (known) return known;
  let header: { s: string; r: string; c: [string, ColumnType][] };
  try {
    header = JSON.parse(buffer.toString('utf8', at, at + key.length)) as typeof header;
  } catch {
    throw new CorruptFrameError('frame header is not JSON');
  }
  const layout = {
    source: header.s,
    route: header.r,
    columns: header.c.map(([name, type]) => ({ name, type })),
  };
  if (layouts.size >= LAYOUTS_MAX) layouts.clear();
  layouts.set(key, layout);
  return layout;
}

function readNumbers(reader: Reader, size: number): Float64Array {
  const width = reader.u8();
  const values = new Float64Array(size);
  if (width === WIDTH.allNull) return values.fill(NaN);
  if (width === WIDTH.f64) return reader.raw(values);
  if (width !== WIDTH.u8 && width !== WIDTH.u16 && width !== WIDTH.u32) {
    throw new CorruptFrameError(`a column of width ${width}`);
  }
  const base = reader.f64();
  const packed =
    width === WIDTH.u8
      ? reader.raw(new Uint8Array(size))
      : width === WIDTH.u16
        ? reader.raw(new Uint16Array(size))
        : reader.raw(new Uint32Array(size));
  const nullOffset = 2 ** (8 * width) - 1;
  for (let i = 0; i < size; i++) {
    const offset = packed[i] as number;
    values[i] = offset === nullOffset ? NaN : base + offset;
  }
  return values;
}

function readStrings(reader: Reader, size: number): StringsBlock {
  const entries = reader.u32();
  if (entries > size) throw new CorruptFrameError(`a dictionary of ${entries} entries for ${size} rows`);
  const lengths = readNumbers(reader, entries);
  const at = reader.take(reader.u32());
  return { at, lengths, codes: readNumbers(reader, size) };
}

function dictionaryOf(buffer: Buffer, block: StringsBlock): string[] {
  const dictionary: string[] = [];
  let at = block.at;
  for (let i = 0; i < block.lengths.length; i++) {
    const end = at + (block.lengths[i] as number);
    dictionary.push(buffer.toString('utf8', at, end));
    at = end;
  }
  return dictionary;
}

type Block =
  | {
      readonly kind: 'number';
      readonly values: Float64Array;
      readonly wide: ReadonlyMap<number, bigint> | undefined;
    }
  | { readonly kind: 'strings'; readonly block: StringsBlock };

function readBlock(reader: Reader, spec: FrameColumnSpec, size: number): Block {
  if (spec.type === 'string' || spec.type === 'list')
    return { kind: 'strings', block: readStrings(reader, size) };
  const values = readNumbers(reader, size);
  const wideCount = reader.u32();
  if (wideCount === 0) return { kind: 'number', values, wide: undefined };
  const wide = new Map<number, bigint>();
  for (let i = 0; i < wideCount; i++) wide.set(reader.u32(), reader.i64());
  return { kind: 'number', values, wide };
}

class DecodedFrame implements Frame {
  private readonly decoded: (Column | undefined)[] = [];

  constructor(
    private readonly buffer: Buffer,
    private readonly layout: FrameLayout,
    readonly size: number,
    readonly entityIds: readonly string[],
    readonly entityOf: Uint32Array,
    readonly eventTime: Float64Array,
    private readonly blocks: readonly Block[],
    readonly traceparent: string | undefined,
  ) {}

  get source(): string {
    return this.layout.source;
  }
  get route(): string {
    return this.layout.route;
  }
  get columnSpecs(): readonly FrameColumnSpec[] {
    return this.layout.columns;
  }

  column(name: string): Column | undefined {
    const index = this.layout.columns.findIndex((spec) => spec.name === name);
    return index < 0 ? undefined : this.columnAt(index);
  }

  row(index: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    this.layout.columns.forEach((spec, c) => {
      const value = valueAt(this.columnAt(c), spec.type, index);
      if (value !== null) row[spec.name] = value;
    });
    return row;
  }

  private columnAt(index: number): Column {
    return (this.decoded[index] ??= this.decode(index));
  }

  private decode(index: number): Column {
    const block = this.blocks[index] as Block;
    if (block.kind === 'number') {
      return block.wide
        ? { kind: 'number', values: block.values, wide: block.wide }
        : { kind: 'number', values: block.values };
    }
    const dictionary = dictionaryOf(this.buffer, block.block);
    const { codes } = block.block;
    if (this.layout.columns[index]?.type === 'list') {
      const parsed = dictionary.map((text) => JSON.parse(text) as unknown);
      return { kind: 'list', values: Array.from(codes, (code) => (code !== code ? null : parsed[code])) };
    }
    const values: (string | null)[] = [];
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] as number;
      values.push(code !== code ? null : (dictionary[code] as string));
    }
    return { kind: 'string', values };
  }
}

/** One value as JSON has it: a bool as a bool, a wide integer as bigint, null where there is none. */
export function valueAt(column: Column, type: ColumnType, row: number): unknown {
  if (column.kind !== 'number') return column.values[row] ?? null;
  const wide = column.wide?.get(row);
  if (wide !== undefined) return wide;
  const value = column.values[row] as number;
  if (value !== value) return null;
  return type === 'bool' ? value !== 0 : value;
}
