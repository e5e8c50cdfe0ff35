import { ROWS, type Tiles } from './tiles.js';

/**
 * Neighbours that become one tile, join by join from the oldest to the newest. The merged tile takes the place of
 * the oldest of them; the others go when all are merged. The scratch of one run of upkeep.
 */
export class Joins {
  count = 0;
  /** Join number → its tiles: `[from, to)`. */
  from = new Int32Array(64);
  to = new Int32Array(64);
  /** Join number → `[from, singles)` are merged tiles and `[singles, to)` are singles; `MIXED` if they alternate. */
  singles = new Int32Array(64);
  /** Join number → the event time of its earliest row. */
  start = new Float64Array(64);

  clear(): void {
    this.count = 0;
  }

  add(tiles: Tiles, from: number, to: number, start: number): void {
    if (this.count === this.from.length) this.grow();
    this.from[this.count] = from;
    this.to[this.count] = to;
    this.singles[this.count] = firstSingle(tiles, from, to);
    this.start[this.count] = start;
    this.count++;
  }

  private grow(): void {
    const { from, to, singles, start, count } = this;
    this.from = new Int32Array(2 * count);
    this.to = new Int32Array(2 * count);
    this.singles = new Int32Array(2 * count);
    this.start = new Float64Array(2 * count);
    this.from.set(from);
    this.to.set(to);
    this.singles.set(singles);
    this.start.set(start);
  }
}

/** No index of a tile: the tiles of a join are not merged ones first and then singles. */
export const MIXED = -1;

function firstSingle(tiles: Tiles, from: number, to: number): number {
  const { cells, mergedTo, singlesFrom } = tiles;
  if (to <= mergedTo) return to;
  if (from >= singlesFrom) return from;
  const rowsAt = ROWS * tiles.capacity;
  let first = from;
  while (first < to && cells[rowsAt + first]! > 1) first++;
  for (let at = first + 1; at < to; at++) if (cells[rowsAt + at]! > 1) return MIXED;
  return first;
}
