/**
 * Where windows end in the past. Every window is a suffix of the timeline (tiles.ts, T3); a *cut* is the index
 * of its first tile. Features share a cut where their windows are the same; only windows of records also
 * depend on the filter, because they count the rows that pass it.
 */
import type { WindowPlan } from '../plan/plan.js';
import type { Instant } from '../time.js';
import { passes, type RowFilter } from '../aggregations/accumulator.js';
import type { RowCount } from '../aggregations/count.js';
import { ROWS, type Tiles } from './tiles.js';

export abstract class Cut {
  /** Index of the window's first tile as of the instant that `place` was given. */
  first = 0;
  /** The window covers the time after this instant; null where rows alone bound it. */
  from: Instant | null = null;

  abstract place(tiles: Tiles, asOf: Instant): void;

  /**
   * The instant inside a tile's span that makes the tile straddle the window's edge, as of the last `place`;
   * -Infinity for edges that merged tiles never straddle.
   */
  get movingEdge(): Instant {
    return -Infinity;
  }
}

/** `(asOf − length, asOf]`. */
export class SlidingCut extends Cut {
  constructor(private readonly lengthMs: number) {
    super();
  }

  place(tiles: Tiles, asOf: Instant): void {
    this.from = asOf - this.lengthMs;
    this.first = tiles.firstAfter(this.from);
  }

  override get movingEdge(): Instant {
    return this.from ?? -Infinity;
  }
}

export class LifetimeCut extends Cut {
  place(): void {
    this.first = 0;
  }
}

/** The instant at which the bucket of `at` begins; the bucket itself covers `[start, start + length)`. */
export function bucketStart(lengthMs: number, offsetMs: number, at: Instant): Instant {
  return Math.floor((at - offsetMs) / lengthMs) * lengthMs + offsetMs;
}

/** The current bucket so far: `[bucket start, asOf]`, which in whole milliseconds is `(start − 1, asOf]`. */
export class TumblingCut extends Cut {
  constructor(
    private readonly lengthMs: number,
    private readonly offsetMs: number,
  ) {
    super();
  }

  place(tiles: Tiles, asOf: Instant): void {
    this.from = bucketStart(this.lengthMs, this.offsetMs, asOf) - 1;
    this.first = tiles.firstAfter(this.from);
  }
}

/** The rows up to the newest one with no gap longer than `gap`; none once the gap after the newest is longer. */
export class SessionCut extends Cut {
  private edge: Instant = -Infinity;

  constructor(
    private readonly gapMs: number,
    private readonly longestMs: number,
  ) {
    super();
  }

  place(tiles: Tiles, asOf: Instant): void {
    this.edge = asOf - this.longestMs;
    this.from = null;
    this.first = tiles.size;
    if (asOf - tiles.newest > this.gapMs) return;
    let start = tiles.newest;
    while (this.first > 0 && tiles.cells[this.first - 1]! > this.edge) {
      if (start - tiles.cells[this.first - 1]! > this.gapMs) break;
      this.first--;
      start = Math.min(start, tiles.startOf(this.first));
    }
    this.from = Math.max(start - 1, this.edge);
  }

  override get movingEdge(): Instant {
    return this.edge;
  }
}

/** The newest `count` rows that pass the filter, and of them those of the last `within`. */
export class RecordsCut extends Cut {
  constructor(
    private readonly count: number,
    private readonly withinMs: number | undefined,
    private readonly filter: RowFilter,
    private readonly passing: RowCount,
  ) {
    super();
  }

  place(tiles: Tiles, asOf: Instant): void {
    this.from = this.withinMs === undefined ? null : asOf - this.withinMs;
    this.first = Math.max(
      firstOfNewest(tiles, this.count, this.filter, this.passing),
      this.from === null ? 0 : tiles.firstAfter(this.from),
    );
  }
}

/**
 * Index of the tile of the `count`-th newest row that passes, or 0 if there are fewer. Upkeep keeps these
 * rows as singles, and lets no tile that lies between them hold a row that passes.
 */
export function firstOfNewest(tiles: Tiles, count: number, filter: RowFilter, passing: RowCount): number {
  const rowsAt = ROWS * tiles.capacity;
  let found = 0;
  for (let i = tiles.size - 1; i >= 0; i--) {
    if (tiles.cells[rowsAt + i]! > 1) {
      // Among the newest `count` there are only singles: a tile with rows that pass lies beyond them.
      if (hasPassing(tiles, i, filter, passing)) return i + 1;
    } else if (passes(tiles, filter, i) && ++found === count) return i;
  }
  return 0;
}

function hasPassing(tiles: Tiles, at: number, filter: RowFilter, passing: RowCount): boolean {
  return filter.column < 0 || tiles.lanes[passing.laneAt * tiles.capacity + at]! > 0;
}

/** @param passing counts the rows of `filter`; windows of records find their rows by it. */
export function cutOf(window: WindowPlan, filter: RowFilter, passing: RowCount): Cut {
  switch (window.kind) {
    case 'sliding':
      return new SlidingCut(window.lengthMs);
    case 'lifetime':
      return new LifetimeCut();
    case 'tumbling':
      return new TumblingCut(window.lengthMs, window.offsetMs);
    case 'session':
      return new SessionCut(window.gapMs, window.longestMs);
    case 'records':
      return new RecordsCut(window.count, window.withinMs, filter, passing);
  }
}
