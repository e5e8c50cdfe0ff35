import type { FeatureValue, GroupEngine, Timeline } from '@millrace/core';
import type { Stream } from './streams.js';

export function applyAll(engine: GroupEngine, { batch }: Stream): Timeline {
  const timeline = engine.create();
  for (let row = 0; row < batch.size; row++) engine.apply(timeline, batch, row);
  return timeline;
}

/** Processor time of this process in µs: what other processes take of a shared machine does not count. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Nanoseconds per event of a stream applied to a fresh timeline. */
export function nsPerEvent(engine: GroupEngine, stream: Stream): number {
  const begin = cpuUs();
  applyAll(engine, stream);
  return ((cpuUs() - begin) * 1e3) / stream.batch.size;
}

/** So long is only compiled; then the median of several means keeps out what compiles late and the large collections. */
const COMPILE_FOR_MS = 150;
const MEASURE_FOR_MS = 10;
const MEASUREMENTS = 9;

/** Microseconds of one call: the median of several means, after the call was compiled. */
function usPerCall(call: () => void): number {
  meanOf(call, COMPILE_FOR_MS);
  const means = Array.from({ length: MEASUREMENTS }, () => meanOf(call, MEASURE_FOR_MS));
  return means.toSorted((a, b) => a - b)[MEASUREMENTS >> 1] as number;
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
  readonly finishUs: number;
  /** Loading the state and finishing it: what the api app does for a read. */
  readonly readUs: number;
}

export function readCost(engine: GroupEngine, stream: Stream): ReadCost {
  const timeline = applyAll(engine, stream);
  const bytes = engine.encode(timeline);
  const values: FeatureValue[] = [];
  // Off the millisecond grid of the events, so that edges lie inside tiles.
  const asOf = stream.end + 137;
  return {
    bytes: bytes.length,
    finishUs: usPerCall(() => engine.finish(timeline, asOf, values)),
    readUs: usPerCall(() => engine.finish(engine.decode(bytes), asOf, values)),
  };
}
