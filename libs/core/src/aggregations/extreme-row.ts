import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import { ARRIVAL, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';
import { readScalar, scalarAt, writeScalar, type Scalar } from './aggregation.js';

/** The row where the ordering column is extreme; of rows that tie, the latest. */
interface ExtremeRowBox {
  readonly key: number;
  /** What a double cannot hold of the ordering column. */
  readonly keyRest: number;
  readonly time: number;
  readonly arrival: number;
  readonly value: Scalar;
}

/** The value of one column where another is least (sign 1) or greatest (sign −1). Rows with a null are skipped. */
export class ExtremeRow extends Accumulator {
  readonly laneCount = 0;
  override readonly boxed = true;
  private best: ExtremeRowBox | undefined;

  constructor(
    private readonly field: Field,
    private readonly by: Field,
    private readonly filter: RowFilter,
    private readonly sign: 1 | -1,
  ) {
    super();
  }

  get value(): Scalar | undefined {
    return this.best?.value;
  }

  reset(): void {
    this.best = undefined;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    const keysAt = this.by.column * capacity;
    for (let i = to - 1; i >= from; i--) {
      const key = cells[keysAt + i]!;
      if (Number.isNaN(key) || !passes(tiles, this.filter, i)) continue;
      const keyRest = this.by.rest < 0 ? 0 : cells[this.by.rest * capacity + i]!;
      const time = cells[i]!;
      const arrival = cells[ARRIVAL * capacity + i]!;
      if (!this.beats(key, keyRest, time, arrival)) continue;
      const value = scalarAt(tiles, this.field, i);
      if (value !== null) this.best = { key, keyRest, time, arrival, value };
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const boxes = tiles.boxes[this.boxAt]!;
    for (let i = to - 1; i >= from; i--) {
      const box = boxes[i] as ExtremeRowBox | undefined;
      if (box && this.beats(box.key, box.keyRest, box.time, box.arrival)) this.best = box;
    }
  }

  store(tiles: Tiles, at: number): void {
    tiles.boxes[this.boxAt]![at] = this.best;
  }

  override writeBox(box: unknown, out: StateWriter): void {
    const row = box as ExtremeRowBox | undefined;
    out.byte(row ? 1 : 0);
    if (!row) return;
    out.double(row.key);
    out.signed(row.keyRest);
    out.double(row.time);
    out.varint(row.arrival);
    writeScalar(row.value, out);
  }

  override readBox(from: StateReader): unknown {
    if (from.byte() === 0) return undefined;
    const [key, keyRest, time, arrival] = [from.double(), from.signed(), from.double(), from.varint()];
    return { key, keyRest, time, arrival, value: readScalar(from) } satisfies ExtremeRowBox;
  }

  private beats(key: number, keyRest: number, time: number, arrival: number): boolean {
    const { best } = this;
    if (!best) return true;
    const ahead = (best.key - key || best.keyRest - keyRest) * this.sign;
    if (ahead !== 0) return ahead > 0;
    return time > best.time || (time === best.time && arrival > best.arrival);
  }
}
