import type { ColumnType } from '../plan/plan.js';
import type { Column } from './columns.js';
import {
  CorruptFrameError,
  MAGIC,
  valueAt,
  VERSION,
  WIDTH,
  type Frame,
  type FrameColumnSpec,
  type FrameLayout,
} from './frame.js';
import { shortTextOf } from './short-texts.js';

class Reader {
  constructor(
    readonly buffer: Buffer,
    private at = 0,
  ) {}

  get position(): number {
    return this.at;
  }

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
  /** Doubles, copied: a slice of a socket buffer is not aligned. */
  doubles(into: Float64Array): Float64Array {
    const at = this.take(into.byteLength);
    new Uint8Array(into.buffer).set(this.buffer.subarray(at, at + into.byteLength));
    return into;
  }
  /** What `Writer.offsets` wrote, byte by byte: arrays in between were a twentieth of a worker's garbage. */
  offsets(into: Float64Array, width: 1 | 2 | 4): Float64Array {
    const base = this.f64();
    let at = this.take(into.length * width);
    const { buffer } = this;
    const nullOffset = 2 ** (8 * width) - 1;
    for (let i = 0; i < into.length; i++, at += width) {
      let offset = buffer[at]!;
      if (width !== WIDTH.u8) offset |= buffer[at + 1]! << 8;
      if (width === WIDTH.u32) offset = (offset | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)) >>> 0;
      into[i] = offset === nullOffset ? NaN : base + offset;
    }
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
  const blocks = layout.columns.map((spec) => skipBlock(reader, spec, size));
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
  if (width === WIDTH.f64) return reader.doubles(values);
  if (width !== WIDTH.u8 && width !== WIDTH.u16 && width !== WIDTH.u32) {
    throw new CorruptFrameError(`a column of width ${width}`);
  }
  return reader.offsets(values, width);
}

function readStrings(reader: Reader, size: number): StringsBlock {
  const entries = reader.u32();
  if (entries > size) throw new CorruptFrameError(`a dictionary of ${entries} entries for ${size} rows`);
  const lengths = readNumbers(reader, entries);
  const at = reader.take(reader.u32());
  return { at, lengths, codes: readNumbers(reader, size) };
}

function dictionaryOf(buffer: Buffer, block: StringsBlock, textOf = anyTextOf): string[] {
  const dictionary: string[] = [];
  let at = block.at;
  for (let i = 0; i < block.lengths.length; i++) {
    const end = at + (block.lengths[i] as number);
    dictionary.push(textOf(buffer, at, end));
    at = end;
  }
  return dictionary;
}

function anyTextOf(buffer: Buffer, from: number, to: number): string {
  return buffer.toString('utf8', from, to);
}

/** Of what many events name: see `shortTextOf`. */
function frequentTextOf(buffer: Buffer, from: number, to: number): string {
  return shortTextOf(buffer, from, to) ?? anyTextOf(buffer, from, to);
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

/** Passes over a block and answers where it begins: a column that nobody asks for is never unpacked. */
function skipBlock(reader: Reader, spec: FrameColumnSpec, size: number): number {
  const at = reader.position;
  if (spec.type === 'string' || spec.type === 'list') {
    const entries = reader.u32();
    if (entries > size) throw new CorruptFrameError(`a dictionary of ${entries} entries for ${size} rows`);
    skipNumbers(reader, entries);
    reader.take(reader.u32());
    skipNumbers(reader, size);
  } else {
    skipNumbers(reader, size);
    reader.take(reader.u32() * (4 + 8)); // row and value of each wide integer
  }
  return at;
}

function skipNumbers(reader: Reader, size: number): void {
  const width = reader.u8();
  if (width === WIDTH.allNull) return;
  if (width === WIDTH.f64) {
    reader.take(size * 8);
  } else if (width === WIDTH.u8 || width === WIDTH.u16 || width === WIDTH.u32) {
    reader.take(8 + size * width);
  } else {
    throw new CorruptFrameError(`a column of width ${width}`);
  }
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
    /** Where the block of each column begins. */
    private readonly blocks: readonly number[],
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
    const spec = this.layout.columns[index] as FrameColumnSpec;
    const block = readBlock(new Reader(this.buffer, this.blocks[index]), spec, this.size);
    if (block.kind === 'number') {
      return block.wide
        ? { kind: 'number', values: block.values, wide: block.wide }
        : { kind: 'number', values: block.values };
    }
    const dictionary = dictionaryOf(this.buffer, block.block, frequentTextOf);
    const { codes } = block.block;
    if (spec.type === 'list') {
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
