import { partitionsOf, closeRedis, connected, Keys, openRedis } from '@millrace/redis';
import { startRedis } from '../../test/kit/index.js';
import { median, perSecond, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { checkAnswers } from './check.js';
import { appendRaw, runHandWritten } from './hand-written.js';
import { appendAll, benchLog, startWorker, type Connections } from './product-run.js';
import {
  FIVE_FEATURES,
  framesOf,
  makePurchases,
  TWELVE_FEATURES,
  type PurchaseFrame,
  type Purchases,
} from './purchases.js';

interface Input {
  readonly purchases: Purchases;
  readonly frames: readonly PurchaseFrame[];
  readonly asOf: number;
}

/** W4: how fast full mailboxes become committed states. */
export const turns: Workload = {
  name: 'W4',
  about: '2,000,000 events of 100,000 entities, 12 features over 4 windows, from mailbox to committed state',
  async run({ scale, repetitions, say }) {
    const asOf = Date.now();
    const purchases = makePurchases(scale, asOf);
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
        const limit = await limitRate(connections, input);
        const own = await turnRate(connections, input);
        endToEnd.push(await endToEndRate(connections, input));
        rates.push(own);
        ratios.push(own / limit);
        say(
          `${repetition}: ${Math.round(own)} events/s, hand-written ${Math.round(limit)} events/s, ` +
            `five features with append ${Math.round(endToEnd.at(-1) as number)} events/s`,
        );
      }
    } finally {
      await Promise.all([closeRedis(connections.redis), closeRedis(connections.queueRedis)]);
      await server.stop();
    }
    say(`ratio ${spread(ratios)}, events/s ${spread(rates, 0)}`);
    say(`five numeric features over three windows, append included: ${spread(endToEnd, 0)} events/s`);
    return `ratio ${median(ratios).toFixed(2)} of the hand-written loop, ${Math.round(median(rates))} events/s`;
  },
};

async function limitRate({ redis }: Connections, { purchases, frames }: Input): Promise<number> {
  const keys = new Keys('limit:');
  await redis.flushall();
  await appendRaw(redis, keys, purchases, frames);
  const startedMs = performance.now();
  const applied = await runHandWritten(redis, keys);
  const elapsedMs = performance.now() - startedMs;
  if (applied !== purchases.size) throw new Error(`the hand-written loop applied ${applied} events`);
  return perSecond(applied, elapsedMs);
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
  await mustBeRight(connections, keys, { purchases, frames, asOf }, TWELVE_FEATURES);
  return perSecond(purchases.size, elapsedMs);
}

/** Appending and applying at the same time, as on a machine with one ingest and one worker. */
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
  await mustBeRight(connections, keys, input, FIVE_FEATURES);
  return perSecond(input.purchases.size, elapsedMs);
}

async function mustBeRight(
  { redis }: Connections,
  keys: Keys,
  { purchases, asOf }: Input,
  shape: typeof TWELVE_FEATURES,
): Promise<void> {
  const { values, wrong } = await checkAnswers(redis, keys, shape, purchases, asOf);
  if (wrong > 0 || values === 0) throw new Error(`${wrong} of ${values} values are wrong: the speed is void`);
}
