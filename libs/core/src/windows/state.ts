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
import type { Accumulator } from '../aggregations/accumulator.js';
import { checksumOf, CorruptStateError, StateReader, StateWriter } from './bytes.js';
import { ARRIVAL, FIRST_MASK, ROWS, START, Tiles, type TileLayout } from './tiles.js';

const VERSION = 1;
const CHECKSUM_AT = 1;
const CHECKED_FROM = 5;

/** A timeline longer than this was never written: see FUNCTION_LIMITS and the limits of budget and resolution. */
const TILES_MAX = 1_000_000;

export class StateCodec {
  private readonly out = new StateWriter();
  /** Scratch: indices of the singles and of the merged tiles. */
  private singles = new Uint32Array(256);
  private merged = new Uint32Array(256);
  private singleCount = 0;
  private mergedCount = 0;

  constructor(
    private readonly layout: TileLayout,
    private readonly accumulators: readonly Accumulator[],
    private readonly fingerprint: number,
  ) {}

  encode(tiles: Tiles): Uint8Array {
    const { out } = this;
    this.sort(tiles);
    out.reset();
    out.byte(VERSION);
    out.uint32(0);
    out.uint32(this.fingerprint);
    out.varint(tiles.size);
    out.varint(tiles.arrivals);
    out.varint(tiles.upkeepAt);
    out.varint(this.mergedCount);
    if (tiles.size > 0) this.writeTiles(tiles);
    out.uint32At(CHECKSUM_AT, checksumOf(out.view8(CHECKED_FROM)));
    return out.take();
  }

  /** @throws CorruptStateError */
  decode(bytes: Uint8Array): Tiles {
    const from = new StateReader(bytes);
    const version = from.byte();
    if (version !== VERSION)
      throw new CorruptStateError(`The state has version ${version}; this release reads ${VERSION}`);
    if (from.uint32() !== checksumOf(bytes.subarray(CHECKED_FROM))) {
      throw new CorruptStateError(
        `The checksum of the state (${bytes.length} bytes) does not match: it was damaged`,
      );
    }
    if (from.uint32() !== this.fingerprint) {
      throw new CorruptStateError('The state was written for another definition of the group');
    }
    const size = from.varint();
    if (size > TILES_MAX)
      throw new CorruptStateError(`The state claims ${size} tiles; at most ${TILES_MAX} are written`);
    const tiles = new Tiles(this.layout, size);
    tiles.size = size;
    tiles.arrivals = from.varint();
    tiles.upkeepAt = from.varint();
    const mergedCount = from.varint();
    if (size > 0) this.readTiles(tiles, from, mergedCount);
    if (from.left > 0) throw new CorruptStateError(`${from.left} bytes follow the end of the state`);
    return tiles;
  }

  private writeTiles(tiles: Tiles): void {
    const { out } = this;
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
    this.writeArrivals(tiles);
    for (let column = FIRST_MASK; column < this.layout.cellColumns; column++) {
      out.column(cells, column * capacity, this.singles, this.singleCount);
    }
    for (const texts of tiles.texts) this.writeTexts(texts);
    if (this.mergedCount === 0) return;
    for (let column = START + 1; column < this.layout.laneColumns; column++) {
      out.column(lanes, column * capacity, this.merged, this.mergedCount);
    }
    for (const accumulator of this.accumulators) {
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
      if (!accumulator.boxed) continue;
      const boxes = tiles.boxes[accumulator.boxAt]!;
      for (let k = 0; k < mergedCount; k++) boxes[this.merged[k]!] = accumulator.readBox(from);
    }
  }

  /** Rows that arrived in the order of their times, the usual case, need no arrival numbers. */
  private writeArrivals(tiles: Tiles): void {
    const { out } = this;
    const at = ARRIVAL * tiles.capacity;
    let inOrder = true;
    for (let k = 0; k < this.singleCount && inOrder; k++) {
      inOrder = this.expectedArrival(tiles, k) === tiles.cells[at + this.singles[k]!];
    }
    out.byte(inOrder ? 0 : 1);
    if (inOrder) return;
    for (let k = 0; k < this.singleCount; k++) {
      out.signed(this.expectedArrival(tiles, k) - tiles.cells[at + this.singles[k]!]!);
    }
  }

  private readArrivals(tiles: Tiles, from: StateReader): void {
    const at = ARRIVAL * tiles.capacity;
    const inOrder = from.byte() === 0;
    for (let k = 0; k < this.singleCount; k++) {
      tiles.cells[at + this.singles[k]!] = this.expectedArrival(tiles, k) - (inOrder ? 0 : from.signed());
    }
  }

  private expectedArrival(tiles: Tiles, single: number): number {
    return tiles.arrivals - this.singleCount + single;
  }

  /** Each text once: 0 is null, 1 a new text, n + 2 the n-th text again. */
  private writeTexts(texts: readonly (string | null)[]): void {
    const known = new Map<string, number>();
    for (let k = 0; k < this.singleCount; k++) {
      const text = texts[this.singles[k]!] ?? null;
      const number = text === null ? -2 : known.get(text);
      if (number !== undefined) {
        this.out.varint(number + 2);
      } else {
        known.set(text!, known.size);
        this.out.varint(1);
        this.out.text(text);
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
