/** A thread of its own: the beats of `everyBeat`. */
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs, type MetronomeSettings } from './metronome.js';

const { perSecond, count } = workerData as MetronomeSettings;
const sleeping = new Int32Array(new SharedArrayBuffer(4));
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
