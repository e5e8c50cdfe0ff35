import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import { crashAt } from './f02-crash-between-steps.js';
import { retimedWithinWindows } from './f10-late-events.js';
import { FUTURE_EVENTS, sendFuture, skewed } from './f12-wrong-clocks.js';
import { NOTES, sendPoison } from './f13-poison.js';
import { FULL } from './f15-full-memory.js';
import { planOf } from './payments.js';
import { Proxy } from './proxy.js';
import { seededRandom } from './seeded-random.js';
import { PARTITIONS, underLoad, type Disturbance } from './under-load.js';
import { waitFor } from '../../tools/local-services/wait-for.js';

const SEED = 1;
const MOMENT_MS = 400;

/** Each fault that needs no world of its own, for a moment, one after the other. */
function faults(proxy: Proxy): Record<string, (disturbance: Disturbance) => Promise<unknown>> {
  const weather = async (...changes: readonly Parameters<Proxy['change']>[0][]): Promise<void> => {
    for (const change of changes) {
      proxy.change(change);
      await delay(MOMENT_MS);
    }
    proxy.change({ link: 'open' });
  };
  return {
    F12: ({ world }) => world.addWorker(skewed(300_000)),
    F2: ({ world }) => Promise.all([crashAt(world, 'loaded:2'), crashAt(world, 'applied:2')]),
    F7: () => weather({ link: 'cut' }, { link: 'silent' }),
    F8: ({ random }) =>
      weather({ link: 'open', dropsReplyTo: (sent) => sent.includes('{account.') && random() < 0.1 }),
    F16: () => weather({ link: 'open', delayMs: 50, lossShare: 0.05 }),
    F15: async ({ world, load }) => {
      for (const { begin, end } of FULL) {
        const before = load.answers(503);
        await begin(world);
        await waitFor('an append to be refused', () => load.answers(503) > before, { deadlineMs: 20_000 });
        await end(world);
      }
    },
    F4: async ({ world }) => {
      await world.server.kill();
      await world.server.restart();
      await world.reconnected();
    },
    F1: async ({ world }) => {
      const [victim] = world.workers;
      if (victim) await world.killWorker(victim);
    },
    'F11, F23': async ({ world, load }) => {
      const [oldest] = world.workers;
      const [next] = await Promise.all([world.addIngest(), world.addWorker()]);
      load.sendTo(next.url);
      await Promise.all([world.replaceIngest(next), oldest && world.drainWorker(oldest)]);
    },
  };
}

/** What came of a small round of F1, F2, F4, F7 to F13, F15, F16 and F23 in one world. */
export interface EveryFault {
  /** `lost 0 dup 0 wrong 0` */
  readonly figures: string;
  readonly accepted: number;
  readonly poison: { readonly sent: number; readonly deadLettered: number };
  readonly future: { readonly sent: number; readonly rejected: number };
  /** Requests without an answer, refused without Retry-After, or answered with 5xx other than 503. */
  readonly ill: number;
}

export async function everyFault(): Promise<EveryFault> {
  const repeats = seededRandom(SEED);
  let proxy: Proxy | undefined;
  const { figures, accepted, load, result } = await underLoad(
    { seed: SEED, eventsPerSecond: 500, say: () => {} },
    {
      workers: 1,
      plan: planOf(NOTES),
      // F9, F10
      timesSent: () => 1 + Math.floor(repeats() * 3),
      retime: retimedWithinWindows,
      redisUrlOf: async ({ port }) => (proxy = await Proxy.before(port)).url,
    },
    async (disturbance) => {
      const { world } = disturbance;
      if (!proxy) throw new Error('the world has no proxy');
      for (const bringAbout of Object.values(faults(proxy))) await bringAbout(disturbance);
      const sent = await sendPoison(world.ingest.url, AbortSignal.timeout(MOMENT_MS));
      const rejected = await sendFuture(world.ingest.url);
      await world.drained();
      const status = await readPartitionStatus(world.redis, world.keys, PARTITIONS);
      const deadLettered = status.reduce((sum, { deadLetters }) => sum + deadLetters.kept, 0);
      return { poison: { sent, deadLettered }, future: { sent: FUTURE_EVENTS, rejected } };
    },
  );
  await proxy?.close();
  const { hung, serverErrors, refusedWithoutRetryAfter } = load;
  const ill = hung + refusedWithoutRetryAfter + serverErrors - load.answers(503);
  return { ...result, figures, accepted: accepted.length, ill };
}
