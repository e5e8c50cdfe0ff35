import { RedisActorStore, RedisMailboxWatch } from '@millrace/actor';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog, LOG_START, type EntryId } from '@millrace/stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../kit/index.js';
import { ledgerFrame } from '../simulation/ledger-plan.js';
import { listening } from './listening.js';

/** Longer than any test; a wait that lasts as long got nothing. */
const LONG_MS = 60_000;
const WORKER = 'worker-1';
const LIMITS = { events: 1_000, bytes: 1_000_000 };

let server: TestRedis;
let redis: RedisConnection;
let subscriber: RedisConnection;
let keys: Keys;
let log: EventLog;
let store: RedisActorStore;
let watch: RedisMailboxWatch;
let runs = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  await connected(redis);
});

beforeEach(async () => {
  keys = new Keys(`run${runs++}:`);
  log = new EventLog(redis, keys);
  store = new RedisActorStore(redis, keys);
  subscriber = openRedis({ url: server.url, role: 'queue', name: 'test-mail' });
  watch = new RedisMailboxWatch(subscriber, keys, WORKER);
  await listening(watch, redis);
  return () => {
    watch.close();
    subscriber.disconnect();
  };
});

afterAll(async () => {
  await closeRedis(redis);
  await server.stop();
});

async function append(partition: PartitionName, n: number, padding = 0): Promise<EntryId> {
  const frame = Buffer.concat([ledgerFrame([['x', n]]), Buffer.alloc(padding)]);
  const result = await log.append({ partition, frame, events: 1, newestEventTime: 1_000 });
  if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
  return result.entry;
}

/** A turn of this worker that has nothing to do, as one that lingers. */
async function begin(partition: PartitionName, worker = WORKER): Promise<void> {
  await store.begin(partition, worker, LIMITS);
}

it('brings a turn the frame that is appended while it waits', async () => {
  await begin('actor.0');
  const wait = watch.wait('actor.0', LOG_START, LONG_MS);
  const entry = await append('actor.0', 1);
  expect(await wait).toEqual([{ id: entry, frame: ledgerFrame([['x', 1]]), duplicates: [] }]);
});

it('brings the rows that are repetitions with it', async () => {
  await begin('actor.0');
  const wait = watch.wait('actor.0', LOG_START, LONG_MS);
  const frame = ledgerFrame([
    ['x', 1],
    ['x', 1],
    ['x', 2],
  ]);
  const ids = { scope: 's', byRow: ['a', 'a', 'b'] };
  await log.append({ partition: 'actor.0', frame, events: 3, newestEventTime: 1_000, ids });
  expect(await wait).toMatchObject([{ frame, duplicates: [1] }]);
});

it('keeps mail for a turn that is about to wait', async () => {
  await begin('actor.0');
  const entry = await append('actor.0', 1);
  // The message was sent before this reply, on a connection that is read at the same time.
  await begin('actor.1');
  await waitForMessage('actor.1');
  expect(await watch.wait('actor.0', LOG_START, LONG_MS)).toMatchObject([{ id: entry }]);
});

it('keeps no mail that the turn got with its commit', async () => {
  await begin('actor.0');
  const entry = await append('actor.0', 1);
  await begin('actor.1');
  await waitForMessage('actor.1');
  const wait = watch.wait('actor.0', entry, LONG_MS);
  await redis.hset(keys.meta('actor.0'), 'offset', entry);
  const next = await append('actor.0', 2);
  expect(await wait).toMatchObject([{ id: next }]);
});

it('lets a turn look for itself where a frame is large, or one was missed', async () => {
  await begin('actor.0');
  const large = watch.wait('actor.0', LOG_START, LONG_MS);
  const first = await append('actor.0', 1, 40_000);
  expect(await large).toEqual([]);
  const missed = watch.wait('actor.0', LOG_START, LONG_MS);
  await redis.hset(keys.meta('actor.0'), 'offset', first);
  await append('actor.0', 2);
  expect(await missed).toEqual([]);
});

it('says nothing of frames that wait behind others: a turn at work reads them with its commit', async () => {
  await begin('actor.0');
  const first = watch.wait('actor.0', LOG_START, LONG_MS);
  await append('actor.0', 1);
  const [entry] = await first;
  const next = watch.wait('actor.0', entry?.id as EntryId, 1);
  await append('actor.0', 2);
  expect(await next).toEqual([]);
});

it("brings a worker the mail of its own turns only, and none of a partition's that sleeps", async () => {
  await begin('actor.0', 'worker-2');
  await append('actor.0', 1);
  await append('actor.1', 1);
  await begin('actor.2');
  await waitForMessage('actor.2');
  expect(await watch.wait('actor.0', LOG_START, 1)).toEqual([]);
  expect(await watch.wait('actor.1', LOG_START, 1)).toEqual([]);
});

it('gives a turn its mail, not the earlier one of its partition that still waits', async () => {
  await begin('actor.0');
  const earlier = watch.wait('actor.0', LOG_START, LONG_MS);
  const later = watch.wait('actor.0', LOG_START, LONG_MS);
  expect(await earlier).toEqual([]);
  const entry = await append('actor.0', 1);
  expect(await later).toMatchObject([{ id: entry }]);
});

it('lets turns go without mail in time, when places are wanted and when it is closed', async () => {
  expect(await watch.wait('actor.0', LOG_START, 1)).toEqual([]);
  const waits = [1, 2, 3, 4].map((n) => watch.wait(`actor.${n}`, LOG_START, LONG_MS));
  watch.release();
  expect(await waits[0]).toEqual([]);
  watch.releaseAll();
  expect(await Promise.all(waits)).toEqual([[], [], [], []]);
  const last = watch.wait('actor.1', LOG_START, LONG_MS);
  watch.close();
  expect(await last).toEqual([]);
  expect(await watch.wait('actor.1', LOG_START, LONG_MS)).toEqual([]);
});

it('lets turns go when its connection breaks, and listens again on the next', async () => {
  const wait = watch.wait('actor.0', LOG_START, LONG_MS);
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  expect(await wait).toEqual([]);
  await listening(watch, redis);
  await begin('actor.0');
  const again = watch.wait('actor.0', LOG_START, LONG_MS);
  const entry = await append('actor.0', 1);
  expect(await again).toMatchObject([{ id: entry }]);
});

/** Messages come in order: once one for another partition is here, so are all before it. */
async function waitForMessage(partition: PartitionName): Promise<void> {
  const wait = watch.wait(partition, LOG_START, LONG_MS);
  const entry = await append(partition, 1);
  expect(await wait).toMatchObject([{ id: entry }]);
}
