import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { recovery, underLoad } from './under-load.js';

/** F1: kill -9 of one of two workers at random points under load, again and again. */
export const killWorkers: FaultTest = {
  name: 'F1',
  about: 'kill -9 of one of two workers at random points under load',
  async run(options) {
    const { rounds = 10, say } = options;
    const { result, figures, clean } = await underLoad(options, { workers: 2 }, async ({ world, random }) => {
      let slowestMs = 0;
      for (let kill = 1; kill <= rounds; kill++) {
        await delay(100 + random() * 500);
        const victim = world.workers[Math.floor(random() * world.workers.length)];
        if (!victim) throw new Error('no worker is left to kill');
        await world.killWorker(victim);
        const [recoveryMs] = await Promise.all([recovery(world), world.addWorker()]);
        slowestMs = Math.max(slowestMs, recoveryMs);
        say(`kill ${kill}: what was appended before it was applied ${Math.round(recoveryMs)} ms after`);
      }
      return slowestMs;
    });
    say(`slowest recovery ${Math.round(result)} ms`);
    return { figures: `kills ${rounds} ${figures}`, passed: clean };
  },
};
