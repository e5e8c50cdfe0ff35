import { Worker } from 'node:worker_threads';

/**
 * Calls `beat(0)`, `beat(1)`, … each at its instant after the first, to a tenth of a millisecond: a timer of Node's comes
 * up to two milliseconds late, which would be most of the latency of what it measures. The thread sleeps, so it takes
 * no core from anybody.
 * @param beat gets the index and the instant of the first beat, as `monotonicMs` tells it
 */
export function everyBeat(
  perSecond: number,
  count: number,
  beat: (index: number, startedMs: number) => void,
): Promise<void> {
  const workerData: MetronomeSettings = { perSecond, count };
  const thread = new Worker(new URL('./metronome-thread.js', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let startedMs = NaN;
    let index = 0;
    thread.on('message', (started: number | null) => {
      if (started === null) beat(index++, startedMs);
      else startedMs = started;
    });
    thread.once('error', reject);
    thread.once('exit', () => resolve());
  });
}

export interface MetronomeSettings {
  readonly perSecond: number;
  readonly count: number;
}

/** The same in every thread and process of the machine, which `performance.now` is not. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
