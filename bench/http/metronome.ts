import { Worker } from 'node:worker_threads';

/**
 * Calls back at fixed instants, to a tenth of a millisecond: a timer of Node's comes up to two milliseconds late, which
 * would be most of the latency of what it measures. The thread sleeps, so it takes no core from anybody. It lasts: the
 * code of a new one would be compiled while requests are measured, ten milliseconds at a time of a core.
 */
export class Metronome {
  readonly #thread = new Worker(new URL('./metronome-thread.js', import.meta.url));
  #beat: ((index: number, startedMs: number) => void) | undefined;
  #startedMs = NaN;
  #index = 0;

  constructor() {
    this.#thread.on('message', (started: number | null) => {
      if (started === null) this.#beat?.(this.#index++, this.#startedMs);
      else this.#startedMs = started;
    });
  }

  /**
   * Calls `beat(0)`, `beat(1)`, … each at its instant after the first.
   * @param beat gets the index and the instant of the first beat, as `monotonicMs` tells it
   */
  every(perSecond: number, count: number, beat: (index: number, startedMs: number) => void): Promise<void> {
    this.#index = 0;
    return new Promise((resolve) => {
      this.#beat = (index, startedMs) => {
        beat(index, startedMs);
        if (index === count - 1) resolve();
      };
      this.#thread.postMessage({ perSecond, count } satisfies Beats, []);
    });
  }
}

export interface Beats {
  readonly perSecond: number;
  readonly count: number;
}

/** The same in every thread and process of the machine, which `performance.now` is not. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
