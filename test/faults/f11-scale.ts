import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import type { FaultTest } from './fault-test.js';
import { evenShare, mostHeldByOne, spreadUpTo } from './spread.js';
import { PARTITIONS, underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

const PHASE_MS = 3_000;
const PAUSE_P99_MS_MAX = 2_000;

/** F11: one worker becomes three and one again, the leaving ones being killed; with `--workers 16` it becomes 2, 4, 8 and 16 then. */
export const scaleWorkers: FaultTest = {
  name: 'F11',
  about: '1 → 3 → 1 workers under load, the two that leave being killed',
  async run(options) {
    const { figures, clean, result } = await underLoad(options, { workers: 1 }, async ({ world }) => {
      const ending = new AbortController();
      const pauses = samplePauses(world, ending.signal);
      const mostHeld: number[] = [];
      for (let round = 0; round < (options.rounds ?? 1); round++) {
        await delay(PHASE_MS);
        await Promise.all([world.addWorker(), world.addWorker()]);
        await delay(PHASE_MS);
        mostHeld.push(await mostHeldByOne(world));
        for (const victim of world.workers.slice(0, 2)) {
          await world.killWorker(victim);
          await delay(PHASE_MS / 2);
        }
      }
      await delay(PHASE_MS);
      ending.abort();
      const spreads = await spreadUpTo(world, options.workers ?? 0);
      return { spreads, pausesMs: (await pauses).toSorted((a, b) => a - b), mostHeld: Math.max(...mostHeld) };
    });
    const { pausesMs, mostHeld, spreads } = result;
    const spread = spreads.map((each) => ` of-${each.workers} ${each.mostHeld}`).join('');
    const p99Ms = Math.round(pausesMs[Math.floor(pausesMs.length * 0.99)] ?? 0);
    const longestMs = Math.round(pausesMs.at(-1) ?? 0);
    return {
      figures: `workers 1-3-1 ${figures} pause-p99 ${p99Ms} ms longest ${longestMs} ms most-held-by-one-of-3 ${mostHeld}${spread}`,
      passed:
        clean &&
        p99Ms <= PAUSE_P99_MS_MAX &&
        mostHeld <= evenShare(3) &&
        spreads.every((each) => each.mostHeld <= evenShare(each.workers)),
    };
  },
};

/** The age of the oldest event that waits, of each partition, twenty times a second. */
async function samplePauses(world: FaultWorld, until: AbortSignal): Promise<number[]> {
  const pausesMs: number[] = [];
  while (!until.aborted) {
    for (const { lagMs } of await readPartitionStatus(world.redis, world.keys, PARTITIONS)) {
      pausesMs.push(lagMs);
    }
    await delay(50);
  }
  return pausesMs;
}
