/**
 * What keeps a timeline bounded: it forgets tiles that no window can see again, and beyond the budget merges
 * neighbours, oldest first (design.md §2). A decision depends on the rows applied so far and on nothing else,
 * so any division of the same rows into turns gives the same bytes (I3).
 *
 *  U1  A merged tile spans at most `resolution` × the shortest window whose edge it has not wholly crossed.
 *      An edge inside a tile therefore stretches a window by at most that part of its length.
 *  U2  No merged tile lies across the start of a current bucket, or across a gap that ends a session.
 *  U3  The rows that a window of records sees stay singles, and so do rows that pass its filter between them.
 */
import type { AggregatedGroupPlan, WindowPlan } from '../plan/plan.js';
import type { DurationMs, Instant } from '../time.js';
import type { Accumulator, RowFilter } from '../aggregations/accumulator.js';
import { passes } from '../aggregations/accumulator.js';
import { bucketStart, firstOfNewest } from './cuts.js';
import { Joins } from './joins.js';
import type { Tiles } from './tiles.js';

/** A filter whose newest rows some window of records sees. */
export interface RecordsRetention {
  readonly count: number;
  readonly withinMs: DurationMs | undefined;
  readonly filter: RowFilter;
}

type WindowOf<K extends WindowPlan['kind']> = Extract<WindowPlan, { kind: K }>;

/** After merging, upkeep leaves this part of the budget used, so that it need not run at each row. */
const FILL_AFTER_MERGING = 3 / 4;
/** How far over the budget a timeline may grow before upkeep runs. */
const SLACK = 5 / 4;
/**
 * The same where many windows keep it over its budget: a run takes time by its tiles, while the oldest tiles, which
 * take the bytes, are as many either way. With 50 windows one window's time is to theirs 0.58 at 11/8, 0.67 at 3/2
 * and 0.72 at 7/4, and the longest read takes 35, 37 and 37 µs.
 */
const SLACK_BEYOND_BUDGET = 7 / 4;
const FIRST_UPKEEP_AT = 16;

export class Upkeep {
  private readonly tumbling: readonly WindowOf<'tumbling'>[];
  private readonly sessions: readonly WindowOf<'session'>[];
  /** Lengths of the windows whose edges move over merged tiles, shortest first. */
  private readonly movingEdgesMs: readonly DurationMs[];
  private readonly reachMs: DurationMs;
  /** Whether some window has no bound in time. */
  private readonly endless: boolean;
  private readonly lifetime: boolean;
  private readonly budget: number;
  private readonly resolution: number;

  /** Whether any two neighbours may become one tile, however the windows lie. */
  private readonly joinsFreely: boolean;

  /** Scratch of one run: the tiles that stay, each of which may take those up to the next one; and what they take. */
  private stays = new Int32Array(256);
  private readonly joins = new Joins();
  private kept = new Uint8Array(256);

  constructor(
    plan: Pick<AggregatedGroupPlan, 'windows' | 'budget' | 'resolution'>,
    private readonly records: readonly RecordsRetention[],
    private readonly accumulators: readonly Accumulator[],
  ) {
    const { windows } = plan;
    this.budget = plan.budget;
    this.resolution = plan.resolution;
    this.tumbling = windows.filter((window) => window.kind === 'tumbling');
    this.sessions = windows.filter((window) => window.kind === 'session');
    this.movingEdgesMs = windows
      .flatMap((window) =>
        window.kind === 'sliding' ? [window.lengthMs] : window.kind === 'session' ? [window.longestMs] : [],
      )
      .toSorted((a, b) => a - b);
    this.lifetime = windows.some((window) => window.kind === 'lifetime');
    this.endless = this.lifetime || records.some(({ withinMs }) => withinMs === undefined);
    this.reachMs = Math.max(0, ...this.movingEdgesMs, ...records.map(({ withinMs }) => withinMs ?? 0));
    this.joinsFreely = this.tumbling.length + this.sessions.length + records.length === 0;
  }

  /** Rows at or before this instant are seen by no window from `newest` on. */
  horizon(newest: Instant): Instant {
    return this.endless ? -Infinity : this.edgeOfTime(newest, this.reachMs);
  }

  run(tiles: Tiles): void {
    tiles.dropOldest(this.unseen(tiles));
    if (tiles.size > this.budget) this.merge(tiles);
    const horizon = this.horizon(tiles.newest);
    for (const accumulator of this.accumulators) accumulator.settle(tiles, horizon);
    tiles.findSingles();
    tiles.upkeepAt = Math.max(
      FIRST_UPKEEP_AT,
      Math.ceil(tiles.size * SLACK_BEYOND_BUDGET),
      Math.min(tiles.size * 2, Math.ceil(this.budget * SLACK)),
    );
  }

  private edgeOfTime(newest: Instant, reachMs: DurationMs): Instant {
    let edge = reachMs === 0 ? newest : newest - reachMs;
    for (const { lengthMs, offsetMs } of this.tumbling) {
      edge = Math.min(edge, bucketStart(lengthMs, offsetMs, newest) - 1);
    }
    return edge;
  }

  /** How many of the oldest tiles no window can see again. The newest tile stays: it holds the newest time. */
  private unseen(tiles: Tiles): number {
    if (this.lifetime) return 0;
    const reachMs = this.movingEdgesMs.at(-1) ?? 0;
    let first = Math.min(tiles.firstAfter(this.edgeOfTime(tiles.newest, reachMs)), tiles.size - 1);
    for (const { count, withinMs, filter } of this.records) {
      const newest = firstOfNewest(tiles, count, filter);
      const within = withinMs === undefined ? 0 : tiles.firstAfter(tiles.newest - withinMs);
      first = Math.min(first, Math.max(newest, within, 0));
    }
    return first;
  }

  private merge(tiles: Tiles): void {
    const count = this.findJoins(tiles);
    if (count === tiles.size) return;
    tiles.needPartials();
    for (const accumulator of this.accumulators) accumulator.mergeAll(tiles, this.joins);
    tiles.joinSpans(this.joins);
    tiles.keepOnly(this.stays, count);
  }

  /** Decides which neighbours become one tile; fills `stays` and `joins` and returns how many tiles remain. */
  private findJoins(tiles: Tiles): number {
    const { newest, cells, size } = tiles;
    this.reserve(size);
    if (!this.joinsFreely) this.markRecords(tiles);
    const barriers = this.tumbling.map(({ lengthMs, offsetMs }) => bucketStart(lengthMs, offsetMs, newest));
    const { stays, joins, movingEdgesMs, joinsFreely } = this;
    let windowsLeft = movingEdgesMs.length;
    let spanMax = Infinity;
    /** Tiles that end after it have not wholly crossed the edge of one window more. */
    let nextEdge = windowsLeft > 0 ? newest - movingEdgesMs[windowsLeft - 1]! : Infinity;
    let surplus = size - Math.floor(this.budget * FILL_AFTER_MERGING);
    let count = 0;
    /** Of the tile that stays and of those that joined it: the earliest row. */
    let joined = NaN;
    joins.clear();
    let i = 0;
    for (; i < size && surplus > 0; i++) {
      const end = cells[i]!;
      const start = tiles.startOf(i);
      while (end > nextEdge) {
        spanMax = this.resolution * movingEdgesMs[--windowsLeft]!;
        nextEdge = windowsLeft > 0 ? newest - movingEdgesMs[windowsLeft - 1]! : Infinity;
      }
      // The first tile has none before it: then `joined` is NaN, and so is the span.
      const earliest = Math.min(joined, start);
      if (end - earliest <= spanMax && (joinsFreely || this.mayJoin(tiles, i, start, earliest, barriers))) {
        joined = earliest;
        surplus--;
        continue;
      }
      if (count > 0 && stays[count - 1] !== i - 1) joins.add(tiles, stays[count - 1]!, i, joined);
      stays[count++] = i;
      joined = start;
    }
    if (count > 0 && stays[count - 1] !== i - 1) joins.add(tiles, stays[count - 1]!, i, joined);
    while (i < size) stays[count++] = i++;
    return count;
  }

  /** U2 and U3, for a tile that would join the one before it. */
  private mayJoin(
    tiles: Tiles,
    at: number,
    start: Instant,
    joined: Instant,
    barriers: readonly Instant[],
  ): boolean {
    if (this.kept[at] === 1 || this.kept[at - 1] === 1) return false;
    const end = tiles.cells[at]!;
    for (const barrier of barriers) if (joined < barrier && end >= barrier) return false;
    const before = tiles.cells[at - 1]!;
    for (const { gapMs, longestMs } of this.sessions) {
      if (start - before > gapMs && before > tiles.newest - longestMs) return false;
    }
    return true;
  }

  /** U3: marks the singles that windows of records see. */
  private markRecords(tiles: Tiles): void {
    this.kept.fill(0, 0, tiles.size);
    for (const { count, filter } of this.records) {
      for (let i = Math.max(0, firstOfNewest(tiles, count, filter)); i < tiles.size; i++) {
        if (!tiles.isMerged(i) && passes(tiles, filter, i)) this.kept[i] = 1;
      }
    }
  }

  private reserve(size: number): void {
    if (this.kept.length > size) return;
    this.stays = new Int32Array(size * 2);
    this.kept = new Uint8Array(size * 2);
  }
}
