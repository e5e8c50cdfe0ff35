/**
 * The storage of one timeline: tiles ordered by their end, in columns of doubles (doubles.ts).
 *
 * A tile of one row (a *single*) holds the row itself in `cells` and `texts`; a merged tile holds the partials
 * of its rows in `lanes` and `boxes`, which are allocated at the first merge, so a quiet entity costs no more
 * than its rows. Each matrix is one allocation, column after column, every column `capacity` long.
 *
 *  T1  Ends never decrease from one tile to the next; singles of equal time stand in order of arrival.
 *  T2  A tile has one row (raw) or at least two (partials); which one, column ROWS says.
 *  T3  Tiles may overlap: a late row inside the span of a merged tile becomes a single before it. A window
 *      that reaches back to an instant is therefore always a suffix: the tiles that end after the instant.
 */
import type { Instant } from '../time.js';
import { doubles } from './doubles.js';
import type { Timeline } from './engine.js';
import type { Joins } from './joins.js';

/** Columns of `cells` that every timeline has; masks of the filters and the inputs follow. */
export const END = 0;
export const ROWS = 1;
/** The row's place in the order of arrival: breaks ties of event time. Meaningful for singles. */
export const ARRIVAL = 2;
export const FIRST_MASK = 3;
/** From this column on, `cells` means something for singles alone. */
const FIRST_OF_SINGLES = ARRIVAL;

/** Column of `lanes` that every timeline has: the event time of a merged tile's earliest row. */
export const START = 0;

/** Filters in one mask cell: small integers, so that `&` stays an integer operation. */
export const FILTERS_PER_MASK = 30;

export interface TileLayout {
  readonly cellColumns: number;
  readonly textColumns: number;
  readonly laneColumns: number;
  readonly boxColumns: number;
  readonly ledgers: number;
}

/** The tiles of one division (division.ts) in one timeline. */
export interface Categories {
  /** In the order of the categories, which is the one of the maps that are served. */
  readonly known: Map<string, Tiles>;
  /** Rows of categories that came when there was no place. */
  rest: Tiles | undefined;
}

// What most timelines have none of is the same for all of them: a new entity costs as few objects as can be, as all of
// them survive the collections of the young generation, which copy them twice.
const NO_LANES: number[] = [];
const NO_BOXES: unknown[][] = [];
const NO_TEXTS: (string | null)[][] = [];
const NO_LEDGERS: unknown[] = [];
const NO_DIVISIONS: readonly Categories[] = [];
const NO_SOURCE = new Uint8Array(0);
/** Most entities have few rows; the columns double from here. */
const CAPACITY_MIN = 4;

export class Tiles implements Timeline {
  changedIn = 0;
  size = 0;
  /** Rows that arrived so far: the arrival number of the next. */
  arrivals = 0;
  /** The size at which tiles are evicted and merged next. Part of the state: it must not depend on turns. */
  upkeepAt = 16;
  /** All tiles from this one on are singles, so passes over them need not ask. */
  singlesFrom = 0;
  /** All tiles before this one are merged: mostly as many as there are before `singlesFrom`. */
  mergedTo = 0;
  cells: number[];
  lanes = NO_LANES;
  readonly texts: (string | null)[][];
  boxes = NO_BOXES;
  /** The state that the tiles were read from: boxes may point into it. */
  source: Uint8Array = NO_SOURCE;
  /** What some accumulators keep of merged-away rows for the timeline as a whole, not per tile. */
  ledgers = NO_LEDGERS;
  /** The tiles of each category, in the order of the group's divisions; those of a category have none. */
  divisions = NO_DIVISIONS;

  constructor(
    private readonly layout: TileLayout,
    public capacity = CAPACITY_MIN,
  ) {
    this.cells = doubles(layout.cellColumns * capacity);
    const { textColumns } = layout;
    this.texts = textColumns === 0 ? NO_TEXTS : Array.from({ length: textColumns }, () => []);
  }

  get newest(): Instant {
    return this.size === 0 ? -Infinity : this.cells[this.size - 1]!;
  }

  get bytes(): number {
    const objects = 200;
    const perText = 48;
    const perBox = 256;
    const { textColumns, boxColumns } = this.layout;
    let total =
      objects +
      8 * (this.cells.length + this.lanes.length) +
      this.size * perText * textColumns +
      this.singlesFrom * perBox * boxColumns;
    for (const { known, rest } of this.divisions) {
      for (const tiles of known.values()) total += tiles.bytes;
      total += rest?.bytes ?? 0;
    }
    return total;
  }

  isMerged(at: number): boolean {
    return this.cells[ROWS * this.capacity + at]! > 1;
  }

  /** The event time of the tile's earliest row. */
  startOf(at: number): Instant {
    return at < this.singlesFrom && this.isMerged(at)
      ? this.lanes[START * this.capacity + at]!
      : this.cells[at]!;
  }

  /** Index of the first tile that ends after the instant. */
  firstAfter(instant: Instant): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cells[middle]! > instant) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * Index of the first tile after a row's place in the order of time and arrival: the row of that arrival
   * itself is after it. With `arrival` infinite, of the first tile that ends after the time.
   */
  firstFrom(time: Instant, arrival: number): number {
    let first = this.firstAfter(time);
    if (arrival === Infinity) return first;
    const arrivalAt = ARRIVAL * this.capacity;
    for (let at = first - 1; at >= 0 && this.cells[at] === time; at--) {
      // A merged tile of this time stands between singles; what lies right of one that is inside is inside.
      if (this.isMerged(at)) continue;
      if (this.cells[arrivalAt + at]! < arrival) break;
      first = at;
    }
    return first;
  }

  /** Makes room for a single of this time (T1) and returns its index; the caller fills masks and inputs. */
  insert(time: Instant, arrival: number): number {
    if (this.size === this.capacity) this.grow();
    let at = this.size;
    while (at > 0 && this.cells[at - 1]! > time) at--;
    if (at < this.size) this.openAt(at);
    this.size++;
    const { cells, capacity } = this;
    cells[at] = time;
    cells[ROWS * capacity + at] = 1;
    cells[ARRIVAL * capacity + at] = arrival;
    return at;
  }

  /** Allocates the partials' columns, which only merged tiles need. */
  needPartials(): void {
    if (this.lanes !== NO_LANES) return;
    this.lanes = doubles(this.layout.laneColumns * this.capacity);
    this.boxes = Array.from({ length: this.layout.boxColumns }, () => []);
    if (this.layout.ledgers > 0) this.ledgers = [];
  }

  /** Forgets the oldest tiles. */
  dropOldest(count: number): void {
    if (count === 0) return;
    for (const matrix of [this.cells, this.lanes]) {
      for (let base = 0; base < matrix.length; base += this.capacity) {
        for (let to = 0; to < this.size - count; to++) matrix[base + to] = matrix[base + to + count]!;
      }
    }
    for (const column of this.texts) column.splice(0, count);
    for (const column of this.boxes) column.splice(0, count);
    this.size -= count;
    this.singlesFrom = Math.max(0, this.singlesFrom - count);
    this.mergedTo = Math.max(0, this.mergedTo - count);
  }

  /** Gives the oldest tile of each join the rows and the span of all; its partials are there already. */
  joinSpans({ count, from, to, start }: Joins): void {
    const { cells, lanes, capacity } = this;
    const rowsAt = ROWS * capacity;
    for (let join = 0; join < count; join++) {
      const at = from[join]!;
      const end = to[join]!;
      let rows = 0;
      for (let i = at; i < end; i++) rows += cells[rowsAt + i]!;
      cells[rowsAt + at] = rows;
      cells[END * capacity + at] = cells[END * capacity + end - 1]!;
      lanes[START * capacity + at] = start[join]!;
      for (const column of this.texts) column[at] = null;
    }
  }

  /** Keeps the first `count` tiles that `chosen` names, in ascending order, and forgets the others. */
  keepOnly(chosen: Int32Array, count: number): void {
    const { cells, capacity } = this;
    const rowsAt = ROWS * capacity;
    let unmoved = 0;
    while (unmoved < count && chosen[unmoved] === unmoved) unmoved++;
    // Rows matter up to the newest merged tile as little as partials beyond it: either moves for its kind alone.
    let partialsTo = count;
    while (partialsTo > unmoved && cells[rowsAt + chosen[partialsTo - 1]!] === 1) partialsTo--;
    let rowsFrom = unmoved;
    while (rowsFrom < count && cells[rowsAt + chosen[rowsFrom]!]! > 1) rowsFrom++;
    const { cellColumns, laneColumns } = this.layout;
    gather(cells, capacity, 0, FIRST_OF_SINGLES, chosen, unmoved, count);
    gather(cells, capacity, FIRST_OF_SINGLES, cellColumns, chosen, rowsFrom, count);
    if (this.lanes !== NO_LANES) gather(this.lanes, capacity, 0, laneColumns, chosen, unmoved, partialsTo);
    for (const columns of [this.texts, this.boxes]) {
      for (const column of columns) {
        for (let to = unmoved; to < count; to++) column[to] = column[chosen[to]!] ?? null;
        column.length = count;
      }
    }
    this.size = count;
    this.mergedTo = Math.min(this.mergedTo, unmoved);
    this.findSingles();
  }

  /** Finds `singlesFrom` and `mergedTo` after tiles were merged; without any merged tile, forgets what those left behind. */
  findSingles(): void {
    this.singlesFrom = this.size;
    while (this.singlesFrom > 0 && !this.isMerged(this.singlesFrom - 1)) this.singlesFrom--;
    const { cells, singlesFrom } = this;
    const rowsAt = ROWS * this.capacity;
    let { mergedTo } = this;
    while (mergedTo < singlesFrom && cells[rowsAt + mergedTo]! > 1) mergedTo++;
    this.mergedTo = mergedTo;
    if (this.singlesFrom > 0) return;
    this.lanes = NO_LANES;
    this.boxes = NO_BOXES;
    this.source = NO_SOURCE;
    this.ledgers = NO_LEDGERS;
  }

  private openAt(at: number): void {
    for (const matrix of [this.cells, this.lanes]) {
      for (let base = 0; base < matrix.length; base += this.capacity) {
        for (let i = base + this.size; i > base + at; i--) matrix[i] = matrix[i - 1]!;
      }
    }
    for (const column of this.texts) column.splice(at, 0, null);
    for (const column of this.boxes) if (column.length > at) column.splice(at, 0, undefined);
    if (at < this.singlesFrom) this.singlesFrom++;
    if (at < this.mergedTo) this.mergedTo = at;
  }

  private grow(): void {
    const capacity = Math.max(CAPACITY_MIN, this.capacity * 2);
    this.cells = widen(this.cells, this.capacity, capacity);
    if (this.lanes !== NO_LANES) this.lanes = widen(this.lanes, this.capacity, capacity);
    this.capacity = capacity;
  }
}

/** Moves to the places `[from, to)` of some columns what lies at the chosen ones, which are none before them. */
function gather(
  matrix: number[],
  capacity: number,
  firstColumn: number,
  endColumn: number,
  chosen: Int32Array,
  from: number,
  to: number,
): void {
  for (let column = firstColumn; column < endColumn; column++) {
    const base = column * capacity;
    for (let at = from; at < to; at++) matrix[base + at] = matrix[base + chosen[at]!]!;
  }
}

function widen(matrix: readonly number[], from: number, to: number): number[] {
  const wider = doubles((matrix.length / from) * to);
  for (let source = 0, target = 0; source < matrix.length; source += from, target += to) {
    for (let i = 0; i < from; i++) wider[target + i] = matrix[source + i]!;
  }
  return wider;
}
