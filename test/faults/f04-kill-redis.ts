import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { waitFor } from '../../tools/local-services/wait-for.js';
import { evenShare, mostHeldByOne } from './spread.js';
import { recovery, underLoad } from './under-load.js';

const WORKERS = 2;
/** Some looks at the others without sharing, and the turns in hand. */
const SHARED_AGAIN_MS = 15_000;

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
      { workers: WORKERS },
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
        const startedMs = performance.now();
        await waitFor(
          'the partitions to be shared evenly again',
          async () => (await mostHeldByOne(world)) <= evenShare(WORKERS),
          { deadlineMs: SHARED_AGAIN_MS },
        );
        return { slowestMs, sharedMs: performance.now() - startedMs };
      },
    );
    const [slowestMs, sharedMs] = [Math.round(result.slowestMs), Math.round(result.sharedMs)];
    say(`slowest recovery ${slowestMs} ms; hung ${load.hung}, refused ${load.refused}`);
    return {
      figures: `kills ${rounds} acknowledged ${figures} hung ${load.hung} shared-evenly-again ${sharedMs} ms`,
      passed: clean && load.hung === 0,
    };
  },
};
