/**
 * Where windows end in the past. Every window is a suffix of the timeline (tiles.ts, T3); a *cut* is the index
 * of its first tile. Features share a cut where their windows are the same; only windows of records also
 * depend on the filter, because they count the rows that pass it.
 */
import type { WindowPlan } from '../plan/plan.js';
import type { Instant } from '../time.js';
import { passes, type RowFilter } from '../aggregations/accumulator.js';
import type { WindowView } from '../aggregations/aggregation.js';
import { ARRIVAL, ROWS, type Tiles } from './tiles.js';

export abstract class Cut implements WindowView {
  /** Index of the window's first tile as of the instant that `place` was given. */
  first = 0;
  asOf: Instant = 0;
  /** For the evidence: the window is `(from, asOf]`; null where rows alone bound it. */
  from: Instant | null = null;
  since: Instant | null = null;
  after: Instant = -Infinity;
  /** Of the rows at the instant `after` itself, those that arrived as this number or later are inside. */
  protected arrival = Infinity;

  place(tiles: Tiles, asOf: Instant): void {
    this.asOf = asOf;
    this.first = this.find(tiles, asOf);
  }

  /** Index of the window's first tile in a timeline that holds some of the same rows. */
  firstIn(part: Tiles): number {
    return part.firstFrom(this.after, this.arrival);
  }

  /**
   * The instant inside a tile's span that makes the tile straddle the window's edge, as of the last `place`;
   * -Infinity for edges that merged tiles never straddle.
   */
  get movingEdge(): Instant {
    return -Infinity;
  }

  /**
   * The first instant, after the one of the last `place`, as of which the window may hold other rows: all of them are
   * the same before. Infinity where only a new row changes it.
   */
  abstract until(tiles: Tiles): Instant;

  protected abstract find(tiles: Tiles, asOf: Instant): number;

  /** When the window's first tile, which holds the end of a moving window's `lengthMs`, is out of it. */
  protected firstLeaves(tiles: Tiles, lengthMs: number): Instant {
    return this.first < tiles.size ? tiles.cells[this.first]! + lengthMs : Infinity;
  }
}

/** `(asOf − length, asOf]`. */
export class SlidingCut extends Cut {
  constructor(private readonly lengthMs: number) {
    super();
  }

  protected find(tiles: Tiles, asOf: Instant): number {
    this.from = this.since = this.after = asOf - this.lengthMs;
    return tiles.firstAfter(this.after);
  }

  until(tiles: Tiles): Instant {
    return this.firstLeaves(tiles, this.lengthMs);
  }

  override get movingEdge(): Instant {
    return this.after;
  }
}

export class LifetimeCut extends Cut {
  protected find(): number {
    return 0;
  }

  until(): Instant {
    return Infinity;
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

  protected find(tiles: Tiles, asOf: Instant): number {
    this.since = bucketStart(this.lengthMs, this.offsetMs, asOf);
    this.from = this.after = this.since - 1;
    return tiles.firstAfter(this.after);
  }

  until(): Instant {
    return this.after + 1 + this.lengthMs;
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

  protected find(tiles: Tiles, asOf: Instant): number {
    this.edge = asOf - this.longestMs;
    this.from = this.after = asOf;
    if (asOf - tiles.newest > this.gapMs) return tiles.size;
    let first = tiles.size;
    let start = tiles.newest;
    while (first > 0 && tiles.cells[first - 1]! > this.edge) {
      if (start - tiles.cells[first - 1]! > this.gapMs) break;
      first--;
      start = Math.min(start, tiles.startOf(first));
    }
    this.from = this.after = Math.max(start - 1, this.edge);
    return first;
  }

  until(tiles: Tiles): Instant {
    if (this.first === tiles.size) return Infinity;
    return Math.min(tiles.newest + this.gapMs + 1, this.firstLeaves(tiles, this.longestMs));
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
  ) {
    super();
  }

  protected find(tiles: Tiles, asOf: Instant): number {
    const first = firstOfNewest(tiles, this.count, this.filter);
    this.from = this.withinMs === undefined ? null : asOf - this.withinMs;
    this.after = this.from ?? -Infinity;
    this.arrival = Infinity;
    const firstWithin = this.from === null ? 0 : tiles.firstAfter(this.from);
    if (first < 0 || first < firstWithin) return firstWithin;
    this.after = tiles.cells[first]!;
    this.arrival = tiles.cells[ARRIVAL * tiles.capacity + first]!;
    return first;
  }

  until(tiles: Tiles): Instant {
    return this.withinMs === undefined ? Infinity : this.firstLeaves(tiles, this.withinMs);
  }
}

/**
 * Index of the `count`-th newest row that passes, −1 if there are fewer. Upkeep keeps these rows as singles
 * and lets no tile between them hold a row that passes, so merged tiles need no look.
 */
export function firstOfNewest(tiles: Tiles, count: number, filter: RowFilter): number {
  const rowsAt = ROWS * tiles.capacity;
  let found = 0;
  for (let i = tiles.size - 1; i >= 0; i--) {
    if (tiles.cells[rowsAt + i] === 1 && passes(tiles, filter, i) && ++found === count) return i;
  }
  return -1;
}

export function cutOf(window: WindowPlan, filter: RowFilter): Cut {
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
      return new RecordsCut(window.count, window.withinMs, filter);
  }
}
