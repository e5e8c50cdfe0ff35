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
import { END, ROWS, START, type Tiles } from './tiles.js';

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
 * The same where many windows keep it over its budget: a run takes time by its tiles, so with 50 windows a quarter
 * of slack took more than half of an event's time, while the oldest tiles, which take the bytes, are as many either way.
 * From 11/8 to 7/4 an event went from 480 to some 400 ns, and a read from 36 to some 42 µs.
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

  /** Scratch of one run: segment number → index of its first tile, and the start of its earliest row. */
  private segments = new Int32Array(256);
  private starts = new Float64Array(256);
  /** The numbers of the segments that have more than one tile. */
  private joins = new Int32Array(256);
  private joinCount = 0;
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
    const count = this.segment(tiles);
    if (count === tiles.size) return;
    tiles.needPartials();
    for (const accumulator of this.accumulators) this.mergePartials(tiles, accumulator);
    this.mergeSpans(tiles);
    tiles.keepOnly(this.segments, count);
  }

  /** Decides which neighbours become one tile; fills `segments` and `starts` and returns how many remain. */
  private segment(tiles: Tiles): number {
    this.reserve(tiles.size);
    this.markRecords(tiles);
    const target = Math.floor(this.budget * FILL_AFTER_MERGING);
    const { newest, cells, lanes, capacity, singlesFrom } = tiles;
    const { segments, starts, kept, joins, movingEdgesMs } = this;
    const barriers = this.tumbling.map(({ lengthMs, offsetMs }) => bucketStart(lengthMs, offsetMs, newest));
    let windowsLeft = movingEdgesMs.length;
    let spanMax = Infinity;
    let count = 0;
    let joinCount = 0;
    for (let i = 0; i < tiles.size; i++) {
      const end = cells[i]!;
      const start = i < singlesFrom && cells[ROWS * capacity + i]! > 1 ? lanes[START * capacity + i]! : end;
      while (windowsLeft > 0 && movingEdgesMs[windowsLeft - 1]! > newest - end) {
        windowsLeft--;
        spanMax = this.resolution * movingEdgesMs[windowsLeft]!;
      }
      const remaining = count + tiles.size - i;
      if (remaining > target && i > 0 && kept[i] === 0 && kept[i - 1] === 0) {
        const before = starts[count - 1]!;
        const joined = before < start ? before : start;
        if (end - joined <= spanMax && this.mayJoin(tiles, i, start, joined, barriers)) {
          starts[count - 1] = joined;
          const isFirstJoin = segments[count - 1] === i - 1;
          if (isFirstJoin) joins[joinCount++] = count - 1;
          continue;
        }
      }
      segments[count] = i;
      starts[count] = start;
      count++;
    }
    segments[count] = tiles.size;
    this.joinCount = joinCount;
    return count;
  }

  /** U2, for a tile that would join the one before it. */
  private mayJoin(
    tiles: Tiles,
    at: number,
    start: Instant,
    joined: Instant,
    barriers: readonly Instant[],
  ): boolean {
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

  /** Each merged tile takes the place of its oldest part; the other parts go when all are merged. */
  private mergePartials(tiles: Tiles, accumulator: Accumulator): void {
    for (let join = 0; join < this.joinCount; join++) {
      const segment = this.joins[join]!;
      const from = this.segments[segment]!;
      accumulator.merge(tiles, from, this.segments[segment + 1]!, from);
    }
  }

  private mergeSpans(tiles: Tiles): void {
    const { cells, lanes, capacity } = tiles;
    for (let join = 0; join < this.joinCount; join++) {
      const segment = this.joins[join]!;
      const from = this.segments[segment]!;
      const to = this.segments[segment + 1]!;
      let rows = 0;
      for (let i = from; i < to; i++) rows += cells[ROWS * capacity + i]!;
      cells[ROWS * capacity + from] = rows;
      cells[END * capacity + from] = cells[END * capacity + to - 1]!;
      lanes[START * capacity + from] = this.starts[segment]!;
      for (const column of tiles.texts) column[from] = null;
    }
  }

  private reserve(size: number): void {
    if (this.kept.length > size) return;
    this.segments = new Int32Array(size * 2);
    this.starts = new Float64Array(size * 2);
    this.joins = new Int32Array(size * 2);
    this.kept = new Uint8Array(size * 2);
  }
}
