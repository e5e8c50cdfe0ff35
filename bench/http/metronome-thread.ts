/** A thread of its own: the beats of a `Metronome`. */
import { parentPort } from 'node:worker_threads';
import { monotonicMs, type Beats } from './metronome.js';

const sleeping = new Int32Array(new SharedArrayBuffer(4));

parentPort?.on('message', ({ perSecond, count }: Beats) => {
  const startedMs = monotonicMs();
  parentPort?.postMessage(startedMs, []);
  for (let index = 0; index < count; index++) {
    const dueMs = startedMs + (index * 1_000) / perSecond;
    for (;;) {
      const leftMs = dueMs - monotonicMs();
      if (leftMs <= 0) break;
      Atomics.wait(sleeping, 0, 0, leftMs);
    }
    parentPort?.postMessage(null, []);
  }
});
