import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import { partitionsOf } from '@millrace/redis';
import { compareEntryIds } from '@millrace/stream';
import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultTest } from './fault-test.js';
import { Load } from './load.js';
import { PaymentSource, PLAN } from './payments.js';
import { seededRandom } from './seeded-random.js';
import { judge } from './verdict.js';
import { FaultWorld } from './world.js';

const partitions = PLAN.entities.flatMap(partitionsOf);

/** F1: kill -9 of one of two workers at random points under load, again and again. */
export const killWorkers: FaultTest = {
  name: 'F1',
  about: 'kill -9 of one of two workers at random points under load',
  async run({ rounds = 10, eventsPerSecond = 2_000, seed, say }) {
    const random = seededRandom(seed);
    const world = await FaultWorld.open({ workers: 2 });
    try {
      const load = new Load({
        ingestUrl: world.ingest.url,
        source: new PaymentSource(300, random, Date.now() - 1_800_000),
        eventsPerSecond,
        eventsPerRequest: 50,
      }).start();
      const recoveriesMs: number[] = [];
      for (let kill = 1; kill <= rounds; kill++) {
        await delay(100 + random() * 500);
        const victim = world.workers[Math.floor(random() * world.workers.length)];
        if (!victim) throw new Error('no worker is left to kill');
        await world.killWorker(victim);
        const [recoveryMs] = await Promise.all([recovery(world), world.addWorker()]);
        recoveriesMs.push(recoveryMs);
        say(`kill ${kill}: what was appended before it was applied ${Math.round(recoveryMs)} ms after`);
      }
      const accepted = await load.finish();
      await world.drained();
      const verdict = await judge(world.redis, world.keys, accepted);
      recoveriesMs.sort((a, b) => a - b);
      say(
        `${accepted.length} events of ${verdict.accounts} accounts, ${verdict.values} values compared; ` +
          `slowest recovery ${Math.round(recoveriesMs.at(-1) ?? 0)} ms`,
      );
      return {
        figures: `kills ${rounds} lost ${verdict.lost} dup ${verdict.dup} wrong ${verdict.wrong}`,
        passed: verdict.lost + verdict.dup + verdict.wrong === 0 && accepted.length > 0,
      };
    } finally {
      await world.close();
    }
  },
};

/** How long it takes until everything that is in the logs now is applied. */
async function recovery(world: FaultWorld): Promise<number> {
  const startedMs = performance.now();
  const before = await readPartitionStatus(world.redis, world.keys, partitions);
  await waitFor(
    'the frames of before the kill to be applied',
    async () => {
      const now = await readPartitionStatus(world.redis, world.keys, partitions);
      return now.every(({ offset }, i) => compareEntryIds(offset, before[i]?.lastEntry ?? '0-0') >= 0);
    },
    { deadlineMs: 30_000, everyMs: 20 },
  );
  return performance.now() - startedMs;
}
