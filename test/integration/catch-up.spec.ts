import { TurnDispatcher, placeOf } from '@millrace/actor';
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

const PARTITIONS = 4;
const DEADLINE = { deadlineMs: 30_000 };
const ACTORS = Array.from({ length: 20 }, (_, i) => `a${i}`);
const before = ledgerPlan({ partitions: PARTITIONS, versions: [1] });
const after = ledgerPlan({ partitions: PARTITIONS, versions: [1, 2], revision: 2 });

let server: TestRedis;
let redis: RedisConnection;
let queueRedis: RedisConnection;
let keys: Keys;
let log: EventLog;
let dispatcher: TurnDispatcher;
let workers: LedgerWorker[];
let sent: number;
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
  workers = [];
  sent = 0;
  return async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await dispatcher.close();
  };
});

afterAll(async () => {
  await Promise.all([closeRedis(redis), closeRedis(queueRedis)]);
  await server.stop();
});

const homeOf = (actor: string): PartitionName => partitionName('actor', partitionOf(actor, PARTITIONS));

/** Sends the next numbers to every actor; each actor's numbers ascend from 0 without a gap. */
async function send(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const n = sent++;
    await Promise.all(
      ACTORS.map(async (actor) => {
        const frame = ledgerFrame([[actor, n]]);
        const result = await log.append({
          partition: homeOf(actor),
          frame,
          events: 1,
          newestEventTime: 1_000,
        });
        if (result.kind === 'appended' && result.wake) await dispatcher.wake([homeOf(actor)]);
      }),
    );
  }
}

async function start(plan: typeof before): Promise<LedgerWorker> {
  const worker = new LedgerWorker(redis, keys, plan).start(queueRedis);
  await worker.startSweep(queueRedis, 100);
  workers.push(worker);
  return worker;
}

async function expectAll(worker: LedgerWorker, version: number): Promise<void> {
  const expected = Array.from({ length: sent }, (_, n) => n);
  await waitFor(
    `every actor's ledger@${version} to hold ${sent} numbers`,
    async () => {
      const ledgers = await Promise.all(
        ACTORS.map((actor) => worker.ledgerOf(homeOf(actor), actor, version)),
      );
      return ledgers.every((ledger) => ledger.length >= sent);
    },
    DEADLINE,
  );
  for (const actor of ACTORS) expect(await worker.ledgerOf(homeOf(actor), actor, version)).toEqual(expected);
}

async function placesOf(field: string): Promise<(string | undefined)[]> {
  const texts = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, i) => redis.hget(keys.meta(partitionName('actor', i)), 'groups')),
  );
  return texts.map((text) => placeOf(text ?? '', field));
}

it('a new version catches up from the log while events come in, and joins without a gap or a repetition', async () => {
  const old = await start(before);
  await send(50);
  await expectAll(old, 1);
  const sending = send(100);
  const current = await start(after);
  await old.close();
  workers.splice(workers.indexOf(old), 1);
  await sending;
  await send(20);
  await expectAll(current, 1);
  await expectAll(current, 2);
  await waitFor(
    'the new version to be live everywhere',
    async () => (await placesOf('ledger@2')).every((place) => place === 'live'),
    DEADLINE,
  );
  expect(workers.flatMap((worker) => worker.errors)).toEqual([]);
});

it('workers with the old and with the new plan take turns, and both versions see every event once', async () => {
  const [, current] = await Promise.all([start(before), start(after)]);
  await send(150);
  await expectAll(current, 1);
  await expectAll(current, 2);
});

it('a new version catches up though no event comes any more', async () => {
  const old = await start(before);
  await send(20);
  await expectAll(old, 1);
  await expectAll(await start(after), 2);
});

it('frames that were applied stay for groups to come', async () => {
  const worker = await start(before);
  await send(300);
  await expectAll(worker, 1);
  const lengths = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, i) => redis.xlen(keys.log(partitionName('actor', i)))),
  );
  // All of it is younger than the retention and smaller than its limit.
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(300 * ACTORS.length);
});
