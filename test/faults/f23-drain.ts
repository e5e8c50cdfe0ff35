import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { underLoad } from './under-load.js';

const DRAIN_MS_MAX = 10_000;

/** F23: a rolling deploy: every process is replaced by a new one and drained with SIGTERM, under load. */
export const rollingDeploy: FaultTest = {
  name: 'F23',
  about: 'SIGTERM under load: a rolling deploy of ingest and workers',
  async run(options) {
    let slowestMs = 0;
    const { figures, clean, load } = await underLoad(
      options,
      { workers: 2 },
      async ({ world, load: sending }) => {
        for (let round = 0; round < (options.rounds ?? 2); round++) {
          await delay(500);
          const [oldWorker] = world.workers;
          await world.addWorker();
          if (oldWorker) slowestMs = Math.max(slowestMs, await world.drainWorker(oldWorker));
          const next = await world.addIngest();
          // What a load balancer does: new requests go to the new process before the old one is told to go.
          sending.sendTo(next.url);
          slowestMs = Math.max(slowestMs, await world.replaceIngest(next));
        }
      },
    );
    const failed = load.refused + load.unanswered;
    return {
      figures: `failed-requests ${failed} drained-in ${Math.round(slowestMs)} ms ${figures}`,
      passed: clean && failed === 0 && slowestMs <= DRAIN_MS_MAX,
    };
  },
};
