import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { Proxy } from './proxy.js';
import { recovery, underLoad } from './under-load.js';

const DELAY_MS = 50;
const PAUSE_MS = 3_000;
/** Two command time-outs (a request may wait for the append before its own), and some for a busy machine. */
const ANSWER_MS_MAX = 5_000;

/** F16: Redis is 50 ms away in each direction for a while, then silent for three seconds. */
export const slowRedis: FaultTest = {
  name: 'F16',
  about: 'Redis is 50 ms away each way, then pauses for 3 s',
  async run(options) {
    let proxy: Proxy | undefined;
    const { figures, clean, load, result } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      {
        workers: 1,
        redisUrlOf: async ({ port }) => {
          proxy = await Proxy.before(port);
          return proxy.url;
        },
      },
      async ({ world }) => {
        for (let round = 0; round < (options.rounds ?? 1); round++) {
          proxy?.change({ link: 'open', delayMs: DELAY_MS });
          await delay(4_000);
          proxy?.change({ link: 'silent' });
          await delay(PAUSE_MS);
          proxy?.change({ link: 'open' });
        }
        return recovery(world);
      },
    );
    await proxy?.close();
    const slowestMs = Math.round(load.slowestMs);
    return {
      figures: `slowest-answer ${slowestMs} ms hung ${load.hung} ${figures} recovery ${Math.round(result)} ms`,
      passed: clean && load.hung === 0 && slowestMs <= ANSWER_MS_MAX,
    };
  },
};
