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

/** Microseconds of one call, as the mean over about `forMs`; as long before it only compiles what is measured. */
function usPerCall(call: () => void, forMs = 60): number {
  callFor(call, forMs);
  const begin = cpuUs();
  const calls = callFor(call, forMs);
  return (cpuUs() - begin) / calls;
}

function callFor(call: () => void, forMs: number): number {
  const begin = cpuUs();
  let calls = 0;
  while (cpuUs() - begin < forMs * 1e3) {
    for (let i = 0; i < 20; i++) call();
    calls += 20;
  }
  return calls;
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
