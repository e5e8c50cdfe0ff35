import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { seededRandom } from './seeded-random.js';
import { underLoad } from './under-load.js';

/** F9: every event is sent one to five times, while workers are killed and Redis is restarted. */
export const repeatEvents: FaultTest = {
  name: 'F9',
  about: 'every event is sent 1 to 5 times, across kills of workers and a restart of Redis',
  async run(options) {
    const repeats = seededRandom(options.seed + 1);
    const { figures, clean, load } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      { workers: 2, timesSent: () => 1 + Math.floor(repeats() * 5) },
      async ({ world }) => {
        for (let round = 0; round < (options.rounds ?? 2); round++) {
          await delay(1_000);
          const [victim] = world.workers;
          if (victim) await world.killWorker(victim);
          await world.addWorker();
        }
        await world.server.kill();
        await world.server.restart();
        await world.reconnected();
        await delay(1_000);
      },
    );
    return {
      figures: `sent-again ${load.duplicates} ${figures}`,
      passed: clean && load.duplicates > 0,
    };
  },
};
