import { waitFor } from '../../tools/local-services/wait-for.js';
import type { FaultTest } from './fault-test.js';
import { underLoad } from './under-load.js';

/** F14: nobody reads, mailboxes fill up, requests get 429; then a worker comes and everything is applied. */
export const fullMailboxes: FaultTest = {
  name: 'F14',
  about: 'mailboxes at their limit: 429 with Retry-After, nothing unread is trimmed',
  async run(options) {
    const { rounds = 100 } = options;
    const { figures, clean, load, verdict } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 1_000 },
      { workers: 0, environment: { MILLRACE_MAILBOX_FRAMES_MAX: '50' } },
      async ({ world, load: sending }) => {
        await waitFor('requests to be refused', () => sending.answers(429) >= rounds, { deadlineMs: 60_000 });
        await world.addWorker();
      },
    );
    const silent = load.refusedWithoutRetryAfter;
    return {
      // An unread entry that was trimmed is an accepted event that never took effect.
      figures: `unread-trimmed ${verdict.lost} 429s ${load.answers(429)} without-retry-after ${silent} ${figures}`,
      passed: clean && silent === 0,
    };
  },
};
