import { RedisMailboxWatch } from '@millrace/actor';
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

/** Longer than any look; a wait that lasts as long got nothing. */
const LONG_MS = 20_000;

let server: TestRedis;
let redis: RedisConnection;
let looks: RedisConnection[];
let keys: Keys;
let log: EventLog;
let watch: RedisMailboxWatch;
let runs = 0;

beforeAll(async () => {
  server = await startRedis();
  const open = (role: 'request' | 'queue'): RedisConnection =>
    openRedis({ url: server.url, role, name: 'test' });
  redis = open('request');
  looks = [open('queue'), open('queue')];
  await Promise.all([redis, ...looks].map((connection) => connected(connection)));
});

beforeEach(() => {
  keys = new Keys(`run${runs++}:`);
  log = new EventLog(redis, keys);
  watch = new RedisMailboxWatch(looks, keys);
});

afterAll(async () => {
  for (const connection of looks) connection.disconnect();
  await closeRedis(redis);
  await server.stop();
});

async function append(partition: PartitionName, n: number): Promise<EntryId> {
  const frame = ledgerFrame([['x', n]]);
  const result = await log.append({ partition, frame, events: 1, newestEventTime: 1_000 });
  if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
  return result.entry;
}

it('brings the first frame after an entry, also where it was there before', async () => {
  const first = await append('actor.0', 1);
  const second = await append('actor.0', 2);
  expect(await watch.wait('actor.0', LOG_START, LONG_MS)).toMatchObject([
    { id: first, frame: ledgerFrame([['x', 1]]), duplicates: [] },
  ]);
  expect(await watch.wait('actor.0', first, LONG_MS)).toMatchObject([{ id: second }]);
});

it('brings mail to partitions that begin to wait while every connection is blocked', async () => {
  const partitions = Array.from({ length: 6 }, (_, i): PartitionName => `actor.${i}`);
  const waits: Promise<readonly { readonly id: EntryId }[]>[] = [];
  for (const partition of partitions) {
    waits.push(watch.wait(partition, LOG_START, LONG_MS));
    // The next one comes in a later round of the event loop, when this one is being looked for.
    await redis.ping();
  }
  const entries = await Promise.all(partitions.map((partition, i) => append(partition, i)));
  expect((await Promise.all(waits)).map(([entry]) => entry?.id)).toEqual(entries);
});

it('does not bring a turn what an earlier one of its partition waited for', async () => {
  const earlier = watch.wait('actor.0', LOG_START, LONG_MS);
  await redis.ping();
  const later = watch.wait('actor.0', '5-0', LONG_MS);
  expect(await earlier).toEqual([]);
  await redis.xadd(keys.log('actor.0'), '4-0', 'f', 'early', 'n', 1);
  await redis.xadd(keys.log('actor.0'), '6-0', 'f', 'late', 'n', 1);
  expect(await later).toMatchObject([{ id: '6-0' }]);
});

it('ends without mail in time, when its place is wanted and when the watch is closed', async () => {
  expect(await watch.wait('actor.0', LOG_START, 1)).toEqual([]);
  const waits = [watch.wait('actor.1', LOG_START, LONG_MS), watch.wait('actor.2', LOG_START, LONG_MS)];
  watch.release();
  expect(await waits[0]).toEqual([]);
  watch.close();
  expect(await waits[1]).toEqual([]);
  expect(await watch.wait('actor.3', LOG_START, LONG_MS)).toEqual([]);
});
