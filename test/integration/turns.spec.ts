import { RedisMailboxWatch, TurnDispatcher, TURN_LIMITS } from '@millrace/actor';
import { partitionOf } from '@millrace/core';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  partitionName,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRedis, waitFor, type TestRedis } from '../kit/index.js';
import { ledgerFrame, ledgerPlan } from '../simulation/ledger-plan.js';
import { LedgerWorker } from '../simulation/ledger-runtime.js';

const PARTITIONS = 8;
const DEADLINE = { deadlineMs: 20_000 };
const plan = ledgerPlan({ partitions: PARTITIONS });

let server: TestRedis;
let redis: RedisConnection;
let queueRedis: RedisConnection;
let keys: Keys;
let log: EventLog;
let dispatcher: TurnDispatcher;
let runs = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  queueRedis = openRedis({ url: server.url, role: 'queue', name: 'test-queue' });
  await Promise.all([connected(redis), connected(queueRedis)]);
});

beforeEach(() => {
  keys = new Keys(`run${runs++}:`);
  log = new EventLog(redis, keys);
  dispatcher = new TurnDispatcher(queueRedis, keys);
});

afterAll(async () => {
  await Promise.all([closeRedis(redis), closeRedis(queueRedis)]);
  await server.stop();
});

const partitionOfActor = (actor: string): PartitionName =>
  partitionName('actor', partitionOf(actor, PARTITIONS));

async function send(
  actor: string,
  ...numbers: number[]
): Promise<{ wake: boolean; partition: PartitionName }> {
  const partition = partitionOfActor(actor);
  const frame = ledgerFrame(numbers.map((n) => [actor, n] as const));
  const result = await log.append({ partition, frame, events: numbers.length, newestEventTime: 1_000 });
  if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
  return { wake: result.wake, partition };
}

it('applies every event of every actor once and in order, on two workers', async () => {
  const workers = [new LedgerWorker(redis, keys, plan), new LedgerWorker(redis, keys, plan)];
  for (const worker of workers) worker.start(queueRedis);
  const actors = Array.from({ length: 40 }, (_, i) => `a${i}`);
  for (let n = 0; n < 100; n++) {
    await Promise.all(
      actors.map(async (actor) => {
        const { wake, partition } = await send(actor, 2 * n, 2 * n + 1);
        if (wake) await dispatcher.wake([partition]);
      }),
    );
  }
  const expected = Array.from({ length: 200 }, (_, i) => i);
  for (const actor of actors) {
    await waitFor(
      `the ledger of ${actor}`,
      async () => {
        const ledger = await workers[0]!.ledgerOf(partitionOfActor(actor), actor);
        return ledger.length >= 200;
      },
      DEADLINE,
    );
    expect(await workers[0]!.ledgerOf(partitionOfActor(actor), actor)).toEqual(expected);
  }
  await Promise.all(workers.map((worker) => worker.close()));
  expect(workers.flatMap((worker) => worker.errors)).toEqual([]);
});

it('finds a partition whose wake-up was lost by the sweep', async () => {
  const worker = new LedgerWorker(redis, keys, plan).start(queueRedis);
  await worker.startSweep(queueRedis, 200);
  const { partition } = await send('lost', 1, 2, 3);
  await waitFor(
    'the sweep to wake the partition',
    async () => {
      return (await worker.ledgerOf(partition, 'lost')).length === 3;
    },
    DEADLINE,
  );
  await worker.close();
});

it('refuses the commit of a turn that was overtaken, and applies its events once', async () => {
  let overtake: Promise<unknown> | undefined;
  const other = new LedgerWorker(redis, keys, plan);
  const refused: string[] = [];
  const { partition } = await send('x', 1, 2);
  const slow = new LedgerWorker(redis, keys, plan, {
    observer: {
      step: (step) => {
        if (step === 'begun') overtake ??= other.runner.run(partition);
      },
      refused: (_, why) => void refused.push(why),
    },
  });
  const end = await slow.runner.run(partition);
  await overtake;
  expect([end.kind, refused]).toEqual(['superseded', ['stale-generation']]);
  expect((await other.runner.run(partition)).kind).toBe('drained');
  expect(await other.ledgerOf(partition, 'x')).toEqual([1, 2]);
});

it('does not use cached states after another worker committed in between', async () => {
  const [first, second] = [new LedgerWorker(redis, keys, plan), new LedgerWorker(redis, keys, plan)];
  const { partition } = await send('x', 1);
  await first.runner.run(partition);
  await send('x', 2);
  await second.runner.run(partition);
  await send('x', 3);
  await first.runner.run(partition);
  expect(await first.ledgerOf(partition, 'x')).toEqual([1, 2, 3]);
});

it('yields after its budget and leaves the rest in the mailbox', async () => {
  const limits = { ...TURN_LIMITS, batch: { events: 1, bytes: 1 }, budgetMs: 0 };
  const worker = new LedgerWorker(redis, keys, plan, { limits });
  const { partition } = await send('x', 1);
  await send('x', 2);
  expect((await worker.runner.run(partition)).kind).toBe('yielded');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1]);
  expect((await worker.runner.run(partition)).kind).toBe('drained');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
});

it('takes the mail that comes while it lingers, until it may wait no longer', async () => {
  const limits = { ...TURN_LIMITS, lingerMs: 20_000, holdMs: 20_000 };
  const look = openRedis({ url: server.url, role: 'queue', name: 'test-watch' });
  const watch = new RedisMailboxWatch([look], keys);
  let ended = false;
  const worker = new LedgerWorker(redis, keys, plan, { limits, watch });
  const { partition } = await send('x', 1);
  const end = worker.runner.run(partition).then((how) => ((ended = true), how));
  for (const n of [2, 3]) {
    await waitFor(
      `event ${n - 1} to be applied`,
      async () => (await worker.ledgerOf(partition, 'x')).length === n - 1,
      DEADLINE,
    );
    expect((await send('x', n)).wake).toBe(false);
  }
  await waitFor('event 3', async () => (await worker.ledgerOf(partition, 'x')).length === 3, DEADLINE);
  expect(ended).toBe(false);
  watch.close();
  expect((await end).kind).toBe('drained');
  expect((await send('x', 4)).wake).toBe(true);
  look.disconnect();
});

it('puts an event that the group refuses into the dead letters, and applies its neighbours', async () => {
  const worker = new LedgerWorker(redis, keys, plan, { refuses: 0 });
  const { partition } = await send('x', 1, -7, 2);
  await worker.runner.run(partition);
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
  const [letter] = await redis.xrange(keys.dead(partition), '-', '+');
  expect(letter?.[1]).toEqual(expect.arrayContaining(['APPLY_FAILED', '-7 is below 0', 'ledger@1', 'x']));
});

it('quarantines a corrupt state: its bytes stay, its events are dead letters, other actors go on', async () => {
  const worker = new LedgerWorker(redis, keys, plan);
  const partition = partitionOfActor('x');
  await redis.hset(keys.actor(partition, 'x'), 'ledger@1', 'not a ledger');
  await send('x', 1);
  await log.append({ partition, frame: ledgerFrame([['y', 5]]), events: 1, newestEventTime: 0 });
  await worker.runner.run(partition);
  expect(await redis.hget(keys.actor(partition, 'x'), 'ledger@1')).toBe('not a ledger');
  expect(await worker.ledgerOf(partition, 'y')).toEqual([5]);
  expect(await redis.xlen(keys.dead(partition))).toBe(1);
});

it('puts a damaged frame into the dead letters and goes on', async () => {
  const worker = new LedgerWorker(redis, keys, plan);
  const { partition } = await send('x', 1);
  await log.append({ partition, frame: Buffer.from('M\x01 no frame'), events: 1, newestEventTime: 0 });
  await send('x', 2);
  expect((await worker.runner.run(partition)).kind).toBe('drained');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
  expect(await redis.xlen(keys.dead(partition))).toBe(1);
});
