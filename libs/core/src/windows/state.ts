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
import { CorruptStateError, StateReader } from './state-reader.js';
import { StateWriter } from './state-writer.js';
import { TextColumnWriter } from './text-column.js';
import { TileChoice } from './tile-choice.js';
import { ARRIVAL, FIRST_MASK, ROWS, START, Tiles, type TileLayout } from './tiles.js';

const VERSION = 4;
const CHECKSUM_AT = 1;
const CHECKED_FROM = 5;

/** Encoding and decoding never wait, so all groups share these. */
const writer = new StateWriter(65_536);
const reader = new StateReader();
const textColumn = new TextColumnWriter();

/** Writes and reads whole states: a frame with checksum and fingerprint around a body. */
export class StateEnvelope {
  constructor(private readonly fingerprint: number) {}

  /** Begins a state, whose body is to be written next; no function that writes it, as each state would make one. */
  begin(): StateWriter {
    writer.reset();
    writer.byte(VERSION);
    writer.uint32(0);
    writer.uint32(this.fingerprint);
    return writer;
  }

  /** Ends the state that was begun last, and gives it away. */
  end(): Uint8Array {
    writer.checksum(CHECKSUM_AT, CHECKED_FROM);
    return writer.take();
  }

  /** @throws CorruptStateError */
  decode<T>(bytes: Uint8Array, readBody: (from: StateReader) => T): T {
    reader.open(bytes);
    const version = reader.byte();
    if (version !== VERSION) {
      throw new CorruptStateError(`The state has version ${version}; this release reads ${VERSION}`);
    }
    if (reader.uint32() !== reader.checksum(CHECKED_FROM)) {
      throw new CorruptStateError(
        `The checksum of the state (${bytes.length} bytes) does not match: it was damaged`,
      );
    }
    if (reader.uint32() !== this.fingerprint) {
      throw new CorruptStateError('The state was written for another definition of the group');
    }
    const body = readBody(reader);
    if (reader.left > 0) throw new CorruptStateError(`${reader.left} bytes follow the end of the state`);
    reader.close();
    return body;
  }
}

/** Writes and reads the tiles of one layout. */
export class TilesCodec {
  /** Scratch: which tiles are singles, which are merged. */
  private readonly singles = new TileChoice();
  private readonly merged = new TileChoice();

  constructor(
    private readonly layout: TileLayout,
    private readonly accumulators: readonly Accumulator[],
  ) {}

  write(tiles: Tiles, out: StateWriter): void {
    this.singles.choose(tiles, false);
    this.merged.choose(tiles, true);
    out.varint(tiles.size);
    out.varint(tiles.arrivals);
    out.varint(tiles.upkeepAt);
    out.varint(this.merged.count);
    if (tiles.size > 0) this.writeTiles(tiles, out);
  }

  read(from: StateReader): Tiles {
    const size = from.varint();
    // Each tile takes a byte and more: a claim beyond that is not worth the memory.
    if (size > from.left) throw new CorruptStateError(`The state claims ${size} tiles in ${from.left} bytes`);
    // Room for some more rows, so that the first one after an activation need not move the others.
    const tiles = new Tiles(this.layout, size + (size >> 3) + 1);
    tiles.size = size;
    tiles.arrivals = from.varint();
    tiles.upkeepAt = from.varint();
    const mergedCount = from.varint();
    if (size > 0) this.readTiles(tiles, from, mergedCount);
    return tiles;
  }

  private writeTiles(tiles: Tiles, out: StateWriter): void {
    const { singles, merged } = this;
    const { cells, lanes, capacity, size } = tiles;
    out.double(cells[size - 1]!);
    out.distances(cells, 0, size - 1);
    if (merged.count > 0) {
      for (let i = 0; i < size; i++) out.varint(cells[ROWS * capacity + i]!);
      for (let k = 0; k < merged.count; k++) {
        const i = merged.at(k);
        out.varint(cells[i]! - lanes[START * capacity + i]!);
      }
    }
    this.writeArrivals(tiles, out);
    for (let column = FIRST_MASK; column < this.layout.cellColumns; column++) {
      singles.writeColumn(cells, column * capacity, out);
    }
    for (const texts of tiles.texts) this.writeTexts(texts, out);
    if (merged.count > 0) this.writePartials(tiles, out);
  }

  private writePartials(tiles: Tiles, out: StateWriter): void {
    const { merged } = this;
    for (let column = START + 1; column < this.layout.laneColumns; column++) {
      merged.writeColumn(tiles.lanes, column * tiles.capacity, out);
    }
    for (const accumulator of this.accumulators) {
      if (accumulator instanceof LedgerAccumulator) {
        accumulator.writeLedger(
          tiles.ledgers[accumulator.ledgerAt] ?? accumulator.createLedger(),
          out,
          tiles,
        );
      }
      if (!accumulator.boxed) continue;
      const boxes = tiles.boxes[accumulator.boxAt]!;
      for (let k = 0; k < merged.count; k++) accumulator.writeBox(boxes[merged.at(k)], out, tiles);
    }
  }

  private readTiles(tiles: Tiles, from: StateReader, mergedCount: number): void {
    const { cells, capacity, size } = tiles;
    cells[size - 1] = from.double();
    from.distances(cells, 0, size - 1);
    const rowsAt = ROWS * capacity;
    if (mergedCount > 0) {
      for (let i = 0; i < size; i++) cells[rowsAt + i] = from.varint();
      tiles.findSingles();
      tiles.needPartials();
    } else {
      for (let i = 0; i < size; i++) cells[rowsAt + i] = 1;
    }
    this.singles.choose(tiles, false);
    this.merged.choose(tiles, true);
    if (this.merged.count !== mergedCount) throw new CorruptStateError('The counts of merged tiles differ');
    for (let k = 0; k < mergedCount; k++) {
      const i = this.merged.at(k);
      tiles.lanes[START * capacity + i] = cells[i]! - from.varint();
    }
    this.readArrivals(tiles, from);
    for (let column = FIRST_MASK; column < this.layout.cellColumns; column++) {
      this.singles.readColumn(cells, column * capacity, from);
    }
    for (const texts of tiles.texts) this.readTexts(texts, size, from);
    if (mergedCount > 0) this.readPartials(tiles, from);
  }

  private readPartials(tiles: Tiles, from: StateReader): void {
    const { merged } = this;
    tiles.source = from.source;
    for (let column = START + 1; column < this.layout.laneColumns; column++) {
      merged.readColumn(tiles.lanes, column * tiles.capacity, from);
    }
    for (const accumulator of this.accumulators) {
      if (accumulator instanceof LedgerAccumulator) {
        tiles.ledgers[accumulator.ledgerAt] = accumulator.readLedger(from, tiles);
      }
      if (!accumulator.boxed) continue;
      const boxes = tiles.boxes[accumulator.boxAt]!;
      for (let k = 0; k < merged.count; k++) boxes[merged.at(k)] = accumulator.readBox(from, tiles);
    }
  }

  /** Rows that arrived in the order of their times, the usual case, need no arrival numbers. */
  private writeArrivals(tiles: Tiles, out: StateWriter): void {
    const { singles } = this;
    const at = ARRIVAL * tiles.capacity;
    const first = tiles.arrivals - singles.count;
    let inOrder = true;
    for (let k = 0; k < singles.count && inOrder; k++) {
      inOrder = tiles.cells[at + singles.at(k)] === first + k;
    }
    out.byte(inOrder ? 0 : 1);
    if (inOrder) return;
    let expected = first;
    for (let k = 0; k < singles.count; k++) {
      const arrival = tiles.cells[at + singles.at(k)]!;
      out.signed(arrival - expected);
      expected = arrival + 1;
    }
  }

  private readArrivals(tiles: Tiles, from: StateReader): void {
    const { singles } = this;
    const at = ARRIVAL * tiles.capacity;
    const inOrder = from.byte() === 0;
    let expected = tiles.arrivals - singles.count;
    for (let k = 0; k < singles.count; k++) {
      const arrival = expected + (inOrder ? 0 : from.signed());
      tiles.cells[at + singles.at(k)] = arrival;
      expected = arrival + 1;
    }
  }

  private writeTexts(texts: readonly (string | null)[], out: StateWriter): void {
    const { singles } = this;
    textColumn.begin();
    for (let k = 0; k < singles.count; k++) textColumn.write(texts[singles.at(k)] ?? null, out);
  }

  /** What `TextColumnWriter` wrote. */
  private readTexts(texts: (string | null)[], size: number, from: StateReader): void {
    const known: (string | null)[] = [];
    for (let i = 0; i < size; i++) texts.push(null);
    for (let k = 0; k < this.singles.count; k++) {
      const number = from.varint();
      if (number === 1) known.push(from.text());
      if (number - 2 >= known.length) throw new CorruptStateError('A text refers to one that is not there');
      texts[this.singles.at(k)] =
        number === 0 ? null : (known[number === 1 ? known.length - 1 : number - 2] ?? null);
    }
  }
}
