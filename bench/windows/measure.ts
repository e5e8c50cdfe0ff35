import type { FeatureValue, GroupEngine, Timeline } from '@millrace/core';
import { median } from '../figures.js';
import { cpuUs, type CoreWatch } from './core-watch.js';
import type { Stream } from './streams.js';

export function applyAll(engine: GroupEngine, { batch }: Stream): Timeline {
  const timeline = engine.create();
  for (let row = 0; row < batch.size; row++) engine.apply(timeline, batch, row);
  return timeline;
}

/** A stream applied to a fresh timeline, and the nanoseconds that each event took. */
export function applied(engine: GroupEngine, stream: Stream): { timeline: Timeline; nsPerEvent: number } {
  const begin = cpuUs();
  const timeline = applyAll(engine, stream);
  return { timeline, nsPerEvent: ((cpuUs() - begin) * 1e3) / stream.batch.size };
}

/** So long is only compiled: a hot quantile took up to 160 ms of calls until its time no longer fell. */
const COMPILE_FOR_MS = 300;
const MEASURE_FOR_MS = 8;
/** The median of so many means keeps out what compiles late and the large collections. */
const MEASUREMENTS = 5;
/** More are tried where the core was slowed meanwhile. */
const TRIES_MAX = 20;

/** Microseconds of one call. */
export interface CallCost {
  /** The median of the means during which nothing slowed the core, or of all where there was none. */
  readonly us: number;
  /** The median of the first means, slowed or not. */
  readonly anyUs: number;
}

function callCost(call: () => void, watch: CoreWatch): CallCost {
  meanOf(call, COMPILE_FOR_MS);
  const all: number[] = [];
  const free: number[] = [];
  while (all.length < MEASUREMENTS || (free.length < MEASUREMENTS && all.length < TRIES_MAX)) {
    const slowedBefore = watch.isSlowed();
    const mean = meanOf(call, MEASURE_FOR_MS);
    all.push(mean);
    if (!slowedBefore && !watch.isSlowed()) free.push(mean);
  }
  return {
    us: median(free.length === 0 ? all : free),
    anyUs: median(all.slice(0, MEASUREMENTS)),
  };
}

function meanOf(call: () => void, forMs: number): number {
  const begin = cpuUs();
  let calls = 0;
  let spent = 0;
  while (spent < forMs * 1e3) {
    for (let i = 0; i < 20; i++) call();
    calls += 20;
    spent = cpuUs() - begin;
  }
  return spent / calls;
}

export interface ReadCost {
  readonly bytes: number;
  /** Finishing all windows of a loaded timeline. */
  readonly finish: CallCost;
  /** Loading the state and finishing it: what the api app does for a read. */
  readonly read: CallCost;
}

export function readCost(
  engine: GroupEngine,
  timeline: Timeline,
  { end }: Stream,
  watch: CoreWatch,
): ReadCost {
  const bytes = engine.encode(timeline);
  const values: FeatureValue[] = [];
  // Off the millisecond grid of the events, so that edges lie inside tiles.
  const asOf = end + 137;
  return {
    bytes: bytes.length,
    finish: callCost(() => engine.finish(timeline, asOf, values), watch),
    read: callCost(() => engine.finish(engine.decode(bytes), asOf, values), watch),
  };
}
