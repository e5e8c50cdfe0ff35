import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { Proxy } from './proxy.js';
import { underLoad } from './under-load.js';

const DROPPED = 0.1;
const ROUND_MS = 5_000;

/** F8: a tenth of the replies to appends, loads and commits never arrive, though Redis did what was asked. */
export const dropReplies: FaultTest = {
  name: 'F8',
  about: 'a proxy loses the replies to 10 % of appends and commits',
  async run(options) {
    let proxy: Proxy | undefined;
    const { figures, clean, load } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      {
        workers: 2,
        redisUrlOf: async ({ port }) => {
          proxy = await Proxy.before(port);
          return proxy.url;
        },
      },
      async ({ random }) => {
        // Our own scripts are the requests that name keys of partitions; BullMQ's never do.
        proxy?.change({
          link: 'open',
          dropsReplyTo: (request) => request.includes('{account.') && random() < DROPPED,
        });
        await delay(ROUND_MS * (options.rounds ?? 2));
        proxy?.change({ link: 'open' });
      },
    );
    const dropped = proxy?.dropped ?? 0;
    await proxy?.close();
    return {
      figures: `replies-dropped ${dropped} ${figures} hung ${load.hung}`,
      passed: clean && load.hung === 0 && dropped > 0,
    };
  },
};
