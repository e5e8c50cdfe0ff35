/**
 * Timelines as bytes.
 *
 *     version u8 · checksum u32 · fingerprint u32 · tiles · arrivals · upkeepAt · merged tiles
 *     newest time, then the distance of each tile's end to the next · rows and spans of merged tiles
 *     arrivals of singles · masks and inputs of singles · texts of singles · lanes and boxes of merged tiles
 *
 * The checksum covers all that follows it; the fingerprint tells that the state was written for this layout.
 * The next release reads this version: change the layout only under a new one.
 */
import { LedgerAccumulator, type Accumulator } from '../aggregations/accumulator.js';
import { checksumOf, CorruptStateError, StateReader, StateWriter } from './bytes.js';
import { ARRIVAL, FIRST_MASK, ROWS, START, Tiles, type TileLayout } from './tiles.js';

const VERSION = 2;
const CHECKSUM_AT = 1;
const CHECKED_FROM = 5;

/** A timeline longer than this was never written: see FUNCTION_LIMITS and the limits of budget and resolution. */
const TILES_MAX = 1_000_000;

/** Writes and reads whole states: a frame with checksum and fingerprint around what `body` holds. */
export class StateEnvelope {
  private readonly out = new StateWriter();

  constructor(private readonly fingerprint: number) {}

  encode(writeBody: (out: StateWriter) => void): Uint8Array {
    const { out } = this;
    out.reset();
    out.byte(VERSION);
    out.uint32(0);
    out.uint32(this.fingerprint);
    writeBody(out);
    out.uint32At(CHECKSUM_AT, checksumOf(out.since(CHECKED_FROM)));
    return out.take();
  }

  /** @throws CorruptStateError */
  decode<T>(bytes: Uint8Array, readBody: (from: StateReader) => T): T {
    const from = new StateReader(bytes);
    const version = from.byte();
    if (version !== VERSION) {
      throw new CorruptStateError(`The state has version ${version}; this release reads ${VERSION}`);
    }
    if (from.uint32() !== checksumOf(bytes.subarray(CHECKED_FROM))) {
      throw new CorruptStateError(
        `The checksum of the state (${bytes.length} bytes) does not match: it was damaged`,
      );
    }
    if (from.uint32() !== this.fingerprint) {
      throw new CorruptStateError('The state was written for another definition of the group');
    }
    const body = readBody(from);
    if (from.left > 0) throw new CorruptStateError(`${from.left} bytes follow the end of the state`);
    return body;
  }
}

/** Writes and reads the tiles of one layout. */
export class TilesCodec {
  /** Scratch: indices of the singles and of the merged tiles. */
  private singles = new Uint32Array(256);
  private merged = new Uint32Array(256);
  private singleCount = 0;
  private mergedCount = 0;

  constructor(
    private readonly layout: TileLayout,
    private readonly accumulators: readonly Accumulator[],
  ) {}

  write(tiles: Tiles, out: StateWriter): void {
    this.sort(tiles);
    out.varint(tiles.size);
    out.varint(tiles.arrivals);
    out.varint(tiles.upkeepAt);
    out.varint(this.mergedCount);
    if (tiles.size > 0) this.writeTiles(tiles, out);
  }

  read(from: StateReader): Tiles {
    const size = from.varint();
    if (size > TILES_MAX)
      throw new CorruptStateError(`The state claims ${size} tiles; at most ${TILES_MAX} are written`);
    const tiles = new Tiles(this.layout, size);
    tiles.size = size;
    tiles.arrivals = from.varint();
    tiles.upkeepAt = from.varint();
    const mergedCount = from.varint();
    if (size > 0) this.readTiles(tiles, from, mergedCount);
    return tiles;
  }

  private writeTiles(tiles: Tiles, out: StateWriter): void {
    const { cells, lanes, capacity, size } = tiles;
    out.double(cells[size - 1]!);
    for (let i = size - 1; i > 0; i--) out.varint(cells[i]! - cells[i - 1]!);
    if (this.mergedCount > 0) {
      for (let i = 0; i < size; i++) out.varint(cells[ROWS * capacity + i]!);
      for (let k = 0; k < this.mergedCount; k++) {
        const i = this.merged[k]!;
        out.varint(cells[i]! - lanes[START * capacity + i]!);
      }
    }
    this.writeArrivals(tiles, out);
    for (let column = FIRST_MASK; column < this.layout.cellColumns; column++) {
      out.column(cells, column * capacity, this.singles, this.singleCount);
    }
    for (const texts of tiles.texts) this.writeTexts(texts, out);
    if (this.mergedCount === 0) return;
    for (let column = START + 1; column < this.layout.laneColumns; column++) {
      out.column(lanes, column * capacity, this.merged, this.mergedCount);
    }
    for (const accumulator of this.accumulators) {
      if (accumulator instanceof LedgerAccumulator) {
        accumulator.writeLedger(tiles.ledgers[accumulator.ledgerAt] ?? accumulator.createLedger(), out);
      }
      if (!accumulator.boxed) continue;
      const boxes = tiles.boxes[accumulator.boxAt]!;
      for (let k = 0; k < this.mergedCount; k++) accumulator.writeBox(boxes[this.merged[k]!], out);
    }
  }

  private readTiles(tiles: Tiles, from: StateReader, mergedCount: number): void {
    const { cells, capacity, size } = tiles;
    let end = from.double();
    cells[size - 1] = end;
    for (let i = size - 2; i >= 0; i--) cells[i] = end -= from.varint();
    if (mergedCount > 0) {
      for (let i = 0; i < size; i++) cells[ROWS * capacity + i] = from.varint();
      tiles.needLanes();
    } else {
      cells.fill(1, ROWS * capacity, ROWS * capacity + size);
    }
    this.sort(tiles);
    if (this.mergedCount !== mergedCount) throw new CorruptStateError('The counts of merged tiles differ');
    for (let k = 0; k < mergedCount; k++) {
      const i = this.merged[k]!;
      tiles.lanes[START * capacity + i] = cells[i]! - from.varint();
    }
    this.readArrivals(tiles, from);
    for (let column = FIRST_MASK; column < this.layout.cellColumns; column++) {
      from.column(cells, column * capacity, this.singles, this.singleCount);
    }
    for (const texts of tiles.texts) this.readTexts(texts, size, from);
    if (mergedCount === 0) return;
    for (let column = START + 1; column < this.layout.laneColumns; column++) {
      from.column(tiles.lanes, column * capacity, this.merged, mergedCount);
    }
    for (const accumulator of this.accumulators) {
      if (accumulator instanceof LedgerAccumulator) {
        tiles.ledgers[accumulator.ledgerAt] = accumulator.readLedger(from);
      }
      if (!accumulator.boxed) continue;
      const boxes = tiles.boxes[accumulator.boxAt]!;
      for (let k = 0; k < mergedCount; k++) boxes[this.merged[k]!] = accumulator.readBox(from);
    }
  }

  /** Rows that arrived in the order of their times, the usual case, need no arrival numbers. */
  private writeArrivals(tiles: Tiles, out: StateWriter): void {
    const at = ARRIVAL * tiles.capacity;
    const first = tiles.arrivals - this.singleCount;
    let inOrder = true;
    for (let k = 0; k < this.singleCount && inOrder; k++) {
      inOrder = tiles.cells[at + this.singles[k]!] === first + k;
    }
    out.byte(inOrder ? 0 : 1);
    if (inOrder) return;
    let expected = first;
    for (let k = 0; k < this.singleCount; k++) {
      const arrival = tiles.cells[at + this.singles[k]!]!;
      out.signed(arrival - expected);
      expected = arrival + 1;
    }
  }

  private readArrivals(tiles: Tiles, from: StateReader): void {
    const at = ARRIVAL * tiles.capacity;
    const inOrder = from.byte() === 0;
    let expected = tiles.arrivals - this.singleCount;
    for (let k = 0; k < this.singleCount; k++) {
      const arrival = expected + (inOrder ? 0 : from.signed());
      tiles.cells[at + this.singles[k]!] = arrival;
      expected = arrival + 1;
    }
  }

  /** Each text once: 0 is null, 1 a new text, n + 2 the n-th text again. */
  private writeTexts(texts: readonly (string | null)[], out: StateWriter): void {
    const known = new Map<string, number>();
    for (let k = 0; k < this.singleCount; k++) {
      const text = texts[this.singles[k]!] ?? null;
      const number = text === null ? -2 : known.get(text);
      if (number !== undefined) {
        out.varint(number + 2);
      } else {
        known.set(text!, known.size);
        out.varint(1);
        out.text(text);
      }
    }
  }

  private readTexts(texts: (string | null)[], size: number, from: StateReader): void {
    const known: (string | null)[] = [];
    for (let i = 0; i < size; i++) texts.push(null);
    for (let k = 0; k < this.singleCount; k++) {
      const number = from.varint();
      if (number === 1) known.push(from.text());
      if (number - 2 >= known.length) throw new CorruptStateError('A text refers to one that is not there');
      texts[this.singles[k]!] =
        number === 0 ? null : (known[number === 1 ? known.length - 1 : number - 2] ?? null);
    }
  }

  private sort(tiles: Tiles): void {
    if (this.singles.length < tiles.size) {
      this.singles = new Uint32Array(tiles.size * 2);
      this.merged = new Uint32Array(tiles.size * 2);
    }
    this.singleCount = 0;
    this.mergedCount = 0;
    for (let i = 0; i < tiles.size; i++) {
      if (tiles.isMerged(i)) this.merged[this.mergedCount++] = i;
      else this.singles[this.singleCount++] = i;
    }
  }
}
