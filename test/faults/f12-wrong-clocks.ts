import { setTimeout as delay } from 'node:timers/promises';
import type { FaultTest } from './fault-test.js';
import { underLoad } from './under-load.js';

const SKEW_MS = 300_000;
const FUTURE_MS = 3_600_000;
export const FUTURE_EVENTS = 100;

/** F12: the clocks of two workers are five minutes ahead and behind; events come from the far future. */
export const wrongClocks: FaultTest = {
  name: 'F12',
  about: 'workers whose clocks are 5 min ahead and behind; events of the far future',
  async run(options) {
    const { figures, clean, result } = await underLoad(options, { workers: 0 }, async ({ world }) => {
      await Promise.all([world.addWorker(skewed(SKEW_MS)), world.addWorker(skewed(-SKEW_MS))]);
      await delay(3_000 * (options.rounds ?? 1));
      return sendFuture(world.ingest.url);
    });
    return {
      figures: `clocks ±${SKEW_MS / 60_000} min future-rejected ${result} of ${FUTURE_EVENTS} ${figures}`,
      passed: clean && result === FUTURE_EVENTS,
    };
  },
};

/** The environment of a process whose clock is ahead by so much. */
export function skewed(skewMs: number): Record<string, string> {
  const preload = new URL('./skewed-clock.mjs', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${preload}`, MILLRACE_TEST_CLOCK_SKEW_MS: String(skewMs) };
}

/** Answers how many events from the future were rejected. */
export async function sendFuture(ingestUrl: string): Promise<number> {
  const events = Array.from({ length: FUTURE_EVENTS }, (_, i) => ({
    payment_id: `future-${i}`,
    account: `account-${i}`,
    amount: 1,
    paid_at: Date.now() + FUTURE_MS,
  }));
  const answer = await fetch(`${ingestUrl}/v1/events/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  const { rejected } = (await answer.json()) as { rejected: { code: string }[] };
  return rejected.filter(({ code }) => code === 'EVENT_TIME_IN_FUTURE').length;
}
