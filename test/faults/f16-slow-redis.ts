import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { Proxy } from './proxy.js';
import { Reads } from './reads.js';
import { metric } from './scrape.js';
import { recovery, underLoad } from './under-load.js';
import type { FaultWorld } from './world.js';

const DELAY_MS = 50;
const LOSS_SHARE = 0.05;
const PAUSE_MS = 3_000;
/** Two command time-outs (a request may wait for the append before its own), and some for a busy machine. */
const ANSWER_MS_MAX = 5_000;
const READS_PER_SECOND = 100;
/** The api gives Redis two seconds, and a busy machine needs some more. */
const READ_P99_MS_MAX = 2_500;
const MIB = 1024 * 1024;
/** Above what the heap holds between two collections of its young objects (two halves of 64 MiB). */
const HEAP_GROWTH_MIB_MAX = 192;

/** F16: Redis is 50 ms away in each direction with losses for a while, then silent for three seconds. */
export const slowRedis: FaultTest = {
  name: 'F16',
  about: 'Redis is 50 ms away each way with 5 % loss, then pauses for 3 s, under events and reads',
  async run(options) {
    let proxy: Proxy | undefined;
    const { figures, clean, load, result } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      {
        workers: 1,
        api: true,
        redisUrlOf: async ({ port }) => {
          proxy = await Proxy.before(port);
          return proxy.url;
        },
      },
      async ({ world }) => {
        const reading = await readThrough(world, async () => {
          for (let round = 0; round < (options.rounds ?? 1); round++) {
            proxy?.change({ link: 'open', delayMs: DELAY_MS, lossShare: LOSS_SHARE });
            await delay(4_000);
            proxy?.change({ link: 'silent' });
            await delay(PAUSE_MS);
            proxy?.change({ link: 'open' });
          }
        });
        return { reading, recoveryMs: await recovery(world) };
      },
    );
    await proxy?.close();
    const slowestMs = Math.round(load.slowestMs);
    const { reading, recoveryMs } = result;
    return {
      figures:
        `slowest-answer ${slowestMs} ms hung ${load.hung} ${figures} ` +
        `recovery ${Math.round(recoveryMs)} ms ${reading.figures}`,
      passed: clean && load.hung === 0 && slowestMs <= ANSWER_MS_MAX && reading.held,
    };
  },
};

/** Reads through the api while something is done to Redis. */
async function readThrough(
  { api }: FaultWorld,
  disturb: () => Promise<void>,
): Promise<{ readonly figures: string; readonly held: boolean }> {
  const body = JSON.stringify({
    features: ['account_payments:count_24h', 'account_payments:amount_mean_1h'],
    entities: Array.from({ length: 10 }, (_, i) => ({ account: `account-${i}` })),
  });
  const reads = new Reads(api.url, body, READS_PER_SECOND);
  const before = await metric(api.url, HEAP);
  await disturb();
  const growthMib = Math.round(((await metric(api.url, HEAP)) - before) / MIB);
  await reads.finish();
  const { served, refused, wrong, hung } = reads;
  const p99Ms = Math.round(reads.p99Ms);
  return {
    figures: `reads ${served} refused ${refused} wrong ${wrong} hung ${hung} read-p99 ${p99Ms} ms heap +${growthMib} MiB`,
    held: served > 0 && wrong + hung === 0 && p99Ms <= READ_P99_MS_MAX && growthMib <= HEAP_GROWTH_MIB_MAX,
  };
}

const HEAP = 'nodejs_heap_size_used_bytes';
