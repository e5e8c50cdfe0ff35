import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import { ARRIVAL, type Tiles } from '../windows/tiles.js';
import { Accumulator, passes, type Field, type RowFilter } from './accumulator.js';

const TIME = 0;
const ORDER = 1;
const VALUE = 2;
const REST = 3;

/**
 * The first (sign 1) or last (sign −1) value that is not null, by event time and then by arrival. Without a
 * field: the time of the first or last row. Keeps time and arrival, because tiles may overlap.
 */
export class EndValue extends Accumulator {
  readonly laneCount: number;
  override readonly boxed: boolean;
  /** Event time of the row; NaN while there is none. */
  time = NaN;
  value = NaN;
  rest = 0;
  text: string | null = null;
  private order = 0;

  constructor(
    private readonly field: Field | undefined,
    private readonly filter: RowFilter,
    private readonly sign: 1 | -1,
  ) {
    super();
    this.boxed = field?.type === 'string';
    this.laneCount = field === undefined || this.boxed ? 2 : field.rest < 0 ? 3 : 4;
  }

  reset(): void {
    this.time = NaN;
    this.value = NaN;
    this.rest = 0;
    this.text = null;
    this.order = 0;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    const { cells, capacity } = tiles;
    for (let i = to - 1; i >= from; i--) {
      if (!passes(tiles, this.filter, i) || !this.hasValue(tiles, i)) continue;
      if (!this.wins(cells[i]!, cells[ARRIVAL * capacity + i]!)) continue;
      if (this.field) this.take(tiles, this.field, i);
    }
  }

  foldMerged(tiles: Tiles, from: number, to: number): void {
    const { lanes, capacity } = tiles;
    for (let i = to - 1; i >= from; i--) {
      const at = this.laneAt * capacity + i;
      if (!this.wins(lanes[at + TIME * capacity]!, lanes[at + ORDER * capacity]!)) continue;
      if (this.boxed) this.text = tiles.boxes[this.boxAt]![i] as string | null;
      else if (this.laneCount > VALUE) this.value = lanes[at + VALUE * capacity]!;
      if (this.laneCount > REST) this.rest = lanes[at + REST * capacity]!;
    }
  }

  store(tiles: Tiles, at: number): void {
    const { lanes, capacity } = tiles;
    const to = this.laneAt * capacity + at;
    lanes[to + TIME * capacity] = this.time;
    lanes[to + ORDER * capacity] = this.order;
    if (this.boxed) tiles.boxes[this.boxAt]![at] = this.text;
    else if (this.laneCount > VALUE) lanes[to + VALUE * capacity] = this.value;
    if (this.laneCount > REST) lanes[to + REST * capacity] = this.rest;
  }

  override writeBox(box: unknown, out: StateWriter): void {
    out.text(box as string | null);
  }

  override readBox(from: StateReader): unknown {
    return from.text();
  }

  private hasValue(tiles: Tiles, at: number): boolean {
    if (!this.field) return true;
    if (this.boxed) return tiles.texts[this.field.text]![at] !== null;
    return !Number.isNaN(tiles.cells[this.field.column * tiles.capacity + at]!);
  }

  private take(tiles: Tiles, field: Field, at: number): void {
    if (this.boxed) this.text = tiles.texts[field.text]![at] ?? null;
    else this.value = tiles.cells[field.column * tiles.capacity + at]!;
    if (field.rest >= 0) this.rest = tiles.cells[field.rest * tiles.capacity + at]!;
  }

  /** Whether a row of this time and arrival comes further to the wanted end; if so it is the new one. */
  private wins(time: number, order: number): boolean {
    const ahead = (this.time - time) * this.sign;
    if (!(ahead > 0 || (ahead === 0 && (this.order - order) * this.sign > 0) || Number.isNaN(this.time)))
      return false;
    this.time = time;
    this.order = order;
    return !Number.isNaN(time);
  }
}
