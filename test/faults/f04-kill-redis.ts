import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { recovery, underLoad } from './under-load.js';

/**
 * F4: kill -9 of Redis under load, and a restart from its append-only file. The page cache survives the process,
 * so this shows that nothing acknowledged is lost between us and Redis, not how durable the disk is.
 */
export const killRedis: FaultTest = {
  name: 'F4',
  about: 'kill -9 of Redis under load, restarted from its append-only file',
  async run(options) {
    const { rounds = 3, say } = options;
    const { figures, clean, result, load } = await underLoad(
      options,
      { workers: 2 },
      async ({ world, random }) => {
        let slowestMs = 0;
        for (let kill = 1; kill <= rounds; kill++) {
          await delay(500 + random() * 1_000);
          await world.server.kill();
          await delay(300);
          await world.server.restart();
          await world.reconnected();
          const recoveryMs = await recovery(world);
          slowestMs = Math.max(slowestMs, recoveryMs);
          say(`kill ${kill}: caught up ${Math.round(recoveryMs)} ms after the restart`);
        }
        return slowestMs;
      },
    );
    say(`slowest recovery ${Math.round(result)} ms; hung ${load.hung}, refused ${load.refused}`);
    return {
      figures: `kills ${rounds} acknowledged ${figures} hung ${load.hung}`,
      passed: clean && load.hung === 0,
    };
  },
};
