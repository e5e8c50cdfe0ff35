import { partitionsOf, closeRedis, connected, Keys, openRedis } from '@millrace/redis';
import { startRedis } from '../../test/kit/index.js';
import { cpuPerEvent, effortOf, type Effort } from '../effort.js';
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
    try {
      return await repeat(server.url, connections, input, repetitions, say);
    } finally {
      await Promise.all([closeRedis(connections.redis), closeRedis(connections.queueRedis)]);
      await server.stop();
    }
  },
};

async function repeat(
  url: string,
  connections: Connections,
  input: Input,
  repetitions: number,
  say: (line: string) => void,
): Promise<string> {
  const { size } = input.purchases;
  const rate = ({ elapsedMs }: Effort): number => perSecond(size, elapsedMs);
  const cpu = ({ ownCpuMs, redisCpuMs }: Effort): number => ownCpuMs + redisCpuMs;
  const ratios: number[] = [];
  const cpuRatios: number[] = [];
  const rates: number[] = [];
  const endToEnd: number[] = [];
  // The first one of each is not counted: it compiles the code that the others run.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const limit = await limitEffort(url, connections, input);
    const own = await turnEffort(connections, input);
    const whole = await endToEndEffort(connections, input);
    if (repetition === 0) continue;
    rates.push(rate(own));
    ratios.push(rate(own) / rate(limit));
    cpuRatios.push(cpu(limit) / cpu(own));
    endToEnd.push(rate(whole));
    say(
      `${repetition}: turns ${Math.round(rate(own))} events/s (${cpuPerEvent(own, size)}), ` +
        `hand-written ${Math.round(rate(limit))} (${cpuPerEvent(limit, size)}), ` +
        `ratio ${(rate(own) / rate(limit)).toFixed(2)}; ` +
        `five features, append to commit ${Math.round(rate(whole))} (${cpuPerEvent(whole, size)})`,
    );
  }
  say('in brackets: processor time per event, this process + Redis');
  say("after each run every customer's count and every value of 40 customers were checked: 0 wrong");
  say(`ratio ${spread(ratios)}, by processor time ${spread(cpuRatios)}, events/s ${spread(rates, 0)}`);
  say(`five numeric features over three windows, append to commit: ${spread(endToEnd, 0)} events/s`);
  return `ratio ${median(ratios).toFixed(2)} of the hand-written loop, ${Math.round(median(rates))} events/s`;
}

async function limitEffort(url: string, { redis }: Connections, input: Input): Promise<Effort> {
  await redis.flushall();
  const loop = new HandWrittenLoop(url, 'limit:');
  try {
    await loop.append(input.purchases, input.frames);
    const effort = await effortOf(redis, () => loop.run());
    await checkHandWritten(loop, input.purchases);
    return effort;
  } finally {
    loop.close();
  }
}

async function turnEffort(connections: Connections, { purchases, frames, asOf }: Input): Promise<Effort> {
  const { redis } = connections;
  const keys = new Keys('product:');
  await redis.flushall();
  await appendAll(benchLog(redis, keys), purchases, frames);
  const worker = startWorker(connections, keys, TWELVE_FEATURES, frames.length);
  const effort = await effortOf(redis, async () => {
    await worker.dispatcher.wake(TWELVE_FEATURES.plan.entities.flatMap(partitionsOf));
    await worker.drained();
  });
  await worker.close();
  await checkProduct(redis, keys, TWELVE_FEATURES, purchases, asOf);
  return effort;
}

/** Appending, with event ids, and applying at the same time, from the first append to the last commit. */
async function endToEndEffort(connections: Connections, input: Input): Promise<Effort> {
  const { redis } = connections;
  const keys = new Keys('end-to-end:');
  await redis.flushall();
  const worker = startWorker(connections, keys, FIVE_FEATURES, input.frames.length);
  const effort = await effortOf(redis, async () => {
    await appendAll(benchLog(redis, keys), input.purchases, input.frames, ({ partition }) =>
      worker.dispatcher.wake([partition]),
    );
    await worker.drained();
  });
  await worker.close();
  await checkProduct(redis, keys, FIVE_FEATURES, input.purchases, input.asOf);
  return effort;
}
