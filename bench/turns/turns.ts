import { partitionsOf, closeRedis, connected, Keys, openRedis } from '@millrace/redis';
import { startRedis } from '../../test/kit/index.js';
import { median, perSecond, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { checkHandWritten, checkProduct } from './check.js';
import { HandWrittenLoop } from './hand-written/loop.js';
import { appendAll, benchLog, startWorker, type Connections } from './product-run.js';
import {
  FIVE_FEATURES,
  framesOf,
  makePurchases,
  TWELVE_FEATURES,
  type PurchaseFrame,
  type Purchases,
} from './purchases.js';

/** A quarter of bench.md's two million, so that five repetitions of all three end within some minutes. */
const DEFAULT_EVENTS = 500_000;

interface Input {
  readonly purchases: Purchases;
  readonly frames: readonly PurchaseFrame[];
  readonly asOf: number;
}

/** W4: how fast full mailboxes become committed states. */
export const turns: Workload = {
  name: 'W4',
  about:
    '100,000 entities (Zipf 0.99), 12 features over 4 windows, 1 % late, 0.1 % duplicates: mailbox to commit',
  async run({ events = DEFAULT_EVENTS, repetitions, say }) {
    const asOf = Date.now();
    const purchases = makePurchases(events, asOf);
    const input = { purchases, frames: framesOf(purchases), asOf };
    const server = await startRedis();
    const open = (role: 'request' | 'queue'): Connections['redis'] =>
      openRedis({ url: server.url, role, name: 'bench', commandTimeoutMs: 60_000 });
    const connections: Connections = { redis: open('request'), queueRedis: open('queue') };
    await Promise.all([connected(connections.redis), connected(connections.queueRedis)]);
    const ratios: number[] = [];
    const rates: number[] = [];
    const endToEnd: number[] = [];
    try {
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        const limit = await limitRate(server.url, connections, input);
        const own = await turnRate(connections, input);
        const whole = await endToEndRate(connections, input);
        rates.push(own);
        ratios.push(own / limit);
        endToEnd.push(whole);
        say(
          `${repetition}: turns ${Math.round(own)} events/s, hand-written ${Math.round(limit)} events/s, ` +
            `ratio ${(own / limit).toFixed(2)}; five features, append to commit: ${Math.round(whole)} events/s`,
        );
      }
    } finally {
      await Promise.all([closeRedis(connections.redis), closeRedis(connections.queueRedis)]);
      await server.stop();
    }
    say(`every customer's count and every value of 40 customers checked after each run: 0 wrong`);
    say(`ratio ${spread(ratios)}, events/s ${spread(rates, 0)}`);
    say(`five numeric features over three windows, append to commit: ${spread(endToEnd, 0)} events/s`);
    return `ratio ${median(ratios).toFixed(2)} of the hand-written loop, ${Math.round(median(rates))} events/s`;
  },
};

async function limitRate(url: string, { redis }: Connections, input: Input): Promise<number> {
  await redis.flushall();
  const loop = new HandWrittenLoop(url, 'limit:');
  try {
    await loop.append(input.purchases, input.frames);
    const startedMs = performance.now();
    await loop.run();
    const elapsedMs = performance.now() - startedMs;
    await checkHandWritten(loop, input.purchases);
    return perSecond(input.purchases.size, elapsedMs);
  } finally {
    loop.close();
  }
}

async function turnRate(connections: Connections, { purchases, frames, asOf }: Input): Promise<number> {
  const { redis } = connections;
  const keys = new Keys('product:');
  await redis.flushall();
  await appendAll(benchLog(redis, keys), purchases, frames);
  const worker = startWorker(connections, keys, TWELVE_FEATURES);
  const startedMs = performance.now();
  await worker.dispatcher.wake(TWELVE_FEATURES.plan.entities.flatMap(partitionsOf));
  await worker.drained();
  const elapsedMs = performance.now() - startedMs;
  await worker.close();
  await checkProduct(redis, keys, TWELVE_FEATURES, purchases, asOf);
  return perSecond(purchases.size, elapsedMs);
}

/** Appending, with event ids, and applying at the same time, from the first append to the last commit. */
async function endToEndRate(connections: Connections, input: Input): Promise<number> {
  const { redis } = connections;
  const keys = new Keys('end-to-end:');
  await redis.flushall();
  const worker = startWorker(connections, keys, FIVE_FEATURES);
  const startedMs = performance.now();
  await appendAll(benchLog(redis, keys), input.purchases, input.frames, ({ partition }) =>
    worker.dispatcher.wake([partition]),
  );
  await worker.drained();
  const elapsedMs = performance.now() - startedMs;
  await worker.close();
  await checkProduct(redis, keys, FIVE_FEATURES, input.purchases, input.asOf);
  return perSecond(input.purchases.size, elapsedMs);
}
