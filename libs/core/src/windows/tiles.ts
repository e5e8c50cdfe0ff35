/**
 * The storage of one timeline: tiles ordered by their end, in columns of typed arrays.
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
import type { Timeline } from './engine.js';

/** Columns of `cells` that every timeline has; masks of the filters and the inputs follow. */
export const END = 0;
export const ROWS = 1;
/** The row's place in the order of arrival: breaks ties of event time. Meaningful for singles. */
export const ARRIVAL = 2;
export const FIRST_MASK = 3;

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

const NONE = new Float64Array(0);
const CAPACITY_MIN = 8;

export class Tiles implements Timeline {
  size = 0;
  /** Rows that arrived so far: the arrival number of the next. */
  arrivals = 0;
  /** The size at which tiles are evicted and merged next. Part of the state: it must not depend on turns. */
  upkeepAt = 16;
  capacity: number;
  cells: Float64Array;
  lanes: Float64Array = NONE;
  readonly texts: (string | null)[][];
  readonly boxes: unknown[][];
  /** What some accumulators keep of merged-away rows for the timeline as a whole, not per tile. */
  readonly ledgers: unknown[] = [];

  constructor(
    private readonly layout: TileLayout,
    capacity = CAPACITY_MIN,
  ) {
    this.capacity = Math.max(capacity, 1);
    this.cells = new Float64Array(layout.cellColumns * this.capacity);
    this.texts = Array.from({ length: layout.textColumns }, () => []);
    this.boxes = Array.from({ length: layout.boxColumns }, () => []);
  }

  get newest(): Instant {
    return this.size === 0 ? -Infinity : this.cells[this.size - 1]!;
  }

  get bytes(): number {
    const perText = 48;
    const perBox = 256;
    return (
      8 * (this.cells.length + this.lanes.length) +
      this.size *
        (perText * this.layout.textColumns + (this.lanes === NONE ? 0 : perBox * this.layout.boxColumns))
    );
  }

  isMerged(at: number): boolean {
    return this.cells[ROWS * this.capacity + at]! > 1;
  }

  hasMerged(): boolean {
    for (let at = 0; at < this.size; at++) if (this.isMerged(at)) return true;
    return false;
  }

  /** The event time of the tile's earliest row. */
  startOf(at: number): Instant {
    return this.isMerged(at) ? this.lanes[START * this.capacity + at]! : this.cells[at]!;
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
    this.cells[at] = time;
    this.cells[ROWS * this.capacity + at] = 1;
    this.cells[ARRIVAL * this.capacity + at] = arrival;
    return at;
  }

  /** Allocates the partials' columns, which only merged tiles need. */
  needLanes(): void {
    if (this.lanes === NONE) this.lanes = new Float64Array(this.layout.laneColumns * this.capacity);
  }

  /** Forgets the oldest tiles. */
  dropOldest(count: number): void {
    if (count === 0) return;
    for (let base = 0; base < this.cells.length; base += this.capacity) {
      this.cells.copyWithin(base, base + count, base + this.size);
    }
    for (let base = 0; base < this.lanes.length; base += this.capacity) {
      this.lanes.copyWithin(base, base + count, base + this.size);
    }
    for (const column of this.texts) column.splice(0, count);
    for (const column of this.boxes) column.splice(0, count);
    this.size -= count;
  }

  /** Keeps the first `count` tiles that `chosen` names, in ascending order, and forgets the others. */
  keepOnly(chosen: Uint32Array, count: number): void {
    let unmoved = 0;
    while (unmoved < count && chosen[unmoved] === unmoved) unmoved++;
    for (const matrix of [this.cells, this.lanes]) {
      for (let base = 0; base < matrix.length; base += this.capacity) {
        for (let to = unmoved; to < count; to++) matrix[base + to] = matrix[base + chosen[to]!]!;
      }
    }
    for (const columns of [this.texts, this.boxes]) {
      for (const column of columns) {
        for (let to = unmoved; to < count; to++) column[to] = column[chosen[to]!] ?? null;
        column.length = count;
      }
    }
    this.size = count;
  }

  private openAt(at: number): void {
    for (let base = 0; base < this.cells.length; base += this.capacity) {
      for (let i = base + this.size; i > base + at; i--) this.cells[i] = this.cells[i - 1]!;
    }
    for (let base = 0; base < this.lanes.length; base += this.capacity) {
      for (let i = base + this.size; i > base + at; i--) this.lanes[i] = this.lanes[i - 1]!;
    }
    for (const column of this.texts) column.splice(at, 0, null);
    for (const column of this.boxes) if (column.length > at) column.splice(at, 0, undefined);
  }

  private grow(): void {
    const capacity = Math.max(CAPACITY_MIN, this.capacity * 2);
    this.cells = widen(this.cells, this.capacity, capacity);
    this.lanes = widen(this.lanes, this.capacity, capacity);
    this.capacity = capacity;
  }
}

function widen(matrix: Float64Array, from: number, to: number): Float64Array {
  if (matrix.length === 0) return matrix;
  const wider = new Float64Array((matrix.length / from) * to);
  for (let source = 0, target = 0; source < matrix.length; source += from, target += to) {
    wider.set(matrix.subarray(source, source + from), target);
  }
  return wider;
}
