import { setTimeout as delay } from 'node:timers/promises';
import { RedisActorStore } from '@millrace/actor';
import { stateField } from '@millrace/redis';
import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultTest } from './fault-test.js';
import { GROUP } from './payments.js';
import { PARTITIONS, recovery, underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

/** F15: Redis is at its memory limit: appends are refused, reads answer, and all goes on when there is room. */
export const fullMemory: FaultTest = {
  name: 'F15',
  about: 'Redis at maxmemory: 503 to writes, reads answer, recovery without a restart',
  async run(options) {
    const { figures, clean, load, result } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      { workers: 1 },
      async ({ world, load: sending }) => {
        let recoveryMs = 0;
        for (let round = 1; round <= (options.rounds ?? 2); round++) {
          await delay(1_000);
          await world.redis.config('SET', 'maxmemory', String(await usedBytes(world)));
          const refusedBefore = sending.answers(503);
          await waitFor('appends to be refused', () => sending.answers(503) >= refusedBefore + 20, {
            deadlineMs: 30_000,
          });
          await readSomething(world);
          await world.redis.config('SET', 'maxmemory', '0');
          recoveryMs = Math.max(recoveryMs, await recovery(world));
        }
        return recoveryMs;
      },
    );
    return {
      figures: `503s ${load.answers(503)} other-5xx ${load.serverErrors - load.answers(503)} ${figures} recovery ${Math.round(result)} ms`,
      passed: clean && load.answers(503) > 0 && load.serverErrors === load.answers(503),
    };
  },
};

async function usedBytes({ redis }: FaultWorld): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** As the api does: a read that fails here fails the test. */
async function readSomething({ redis, keys }: FaultWorld): Promise<void> {
  const store = new RedisActorStore(redis, keys);
  const [partition = 'account.0'] = PARTITIONS;
  await store.load(partition, [stateField(GROUP)], ['account-1']);
}
