import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  RedisScript,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EVENT_LOG_LIMITS, EventLog, type AppendResult, type EventLogLimits } from '@millrace/stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../faults/seeded-random.js';
import { startRedis, waitFor, type TestRedis } from '../kit/index.js';

const DEADLINE = { deadlineMs: 20_000 };
const partition: PartitionName = 'customer.3';

let server: TestRedis;
let redis: RedisConnection;
let keys: Keys;
let runs = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  await connected(redis);
});

beforeEach(() => {
  keys = new Keys(`run${runs++}:`);
});

afterAll(async () => {
  await closeRedis(redis);
  await server.stop();
});

const logWith = (limits: Partial<EventLogLimits> = {}): EventLog =>
  new EventLog(redis, keys, { ...EVENT_LOG_LIMITS, ...limits });

function append(log: EventLog, ids: readonly (string | undefined)[], bytes = 10): Promise<AppendResult> {
  return log.append({
    partition,
    frame: Buffer.alloc(bytes),
    events: ids.length,
    newestEventTime: 0,
    ids: { scope: 'purchases', byRow: ids },
  });
}

it('names the rows whose ids it accepted before, and those that stand twice in the frame', async () => {
  const log = logWith();
  expect(await append(log, ['a', 'b', 'a'])).toMatchObject({ duplicates: [2] });
  expect(await append(log, ['b', 'c'])).toMatchObject({ duplicates: [0] });
});

it('names exactly the repeated rows of frames small and large, some without ids, over several generations', async () => {
  const log = logWith();
  const random = seededRandom(11);
  const accepted = new Set<string>();
  for (const size of [1, 3, 1_000, 30, 2_500, 7, 2_500, 1_000, 1, 300]) {
    const ids = Array.from({ length: size }, () => {
      return random() < 0.01 ? undefined : `purchase-${Math.floor(random() * 20_000)}`;
    });
    const repeated: number[] = [];
    ids.forEach((id, row) => {
      if (id !== undefined && accepted.has(id)) repeated.push(row);
      else if (id !== undefined) accepted.add(id);
    });
    expect(await append(log, ids)).toMatchObject({ duplicates: repeated });
  }
});

it('takes one id in every row of the largest frame for one event', async () => {
  const rows = Array.from({ length: 10_000 }, () => 'the same');
  const result = await append(logWith(), rows);
  expect(result.kind === 'appended' && result.duplicates.length).toBe(9_999);
});

it('appends nothing for a frame of duplicates, and answers the newest entry', async () => {
  const log = logWith();
  const first = await append(log, ['a', 'b']);
  const again = await append(log, ['a', 'b']);
  expect(again).toEqual({ ...first, duplicates: [0, 1], wake: false });
  expect(await redis.xlen(keys.log(partition))).toBe(1);
});

it('never takes rows without ids for duplicates', async () => {
  const log = logWith();
  await append(log, [undefined, undefined]);
  expect(await append(log, [undefined])).toMatchObject({ duplicates: [] });
});

it('tells ids of two scopes apart', async () => {
  const log = logWith();
  await append(log, ['a']);
  const other = await log.append({
    partition,
    frame: Buffer.alloc(1),
    events: 1,
    newestEventTime: 0,
    ids: { scope: 'refunds', byRow: ['a'] },
  });
  expect(other).toMatchObject({ duplicates: [] });
});

it('asks to be woken when the partition is idle, and not again while it is awake', async () => {
  const log = logWith();
  expect(await append(log, ['a'])).toMatchObject({ wake: true });
  expect(await append(log, ['b'])).toMatchObject({ wake: false });
});

it('asks to be woken again after a second without a sign of life', async () => {
  const log = logWith();
  await append(log, ['a']);
  const silentSince = Date.now();
  let sent = 0;
  await waitFor(
    'an append that asks to be woken',
    async () => {
      const result = await append(log, [`b${sent++}`]);
      return result.kind === 'appended' && result.wake;
    },
    DEADLINE,
  );
  expect(Date.now() - silentSince).toBeGreaterThanOrEqual(900);
});

it('remembers an id for the horizon at least, and forgets it some time after', async () => {
  const horizonMs = 300;
  const log = logWith({ dedupHorizonMs: horizonMs });
  await append(log, ['a']);
  const acceptedAt = Date.now();
  await waitFor(
    'the id to be accepted again',
    async () => {
      await log.forgetSeen(partition);
      const result = await append(log, ['a']);
      return result.kind === 'appended' && result.duplicates.length === 0;
    },
    DEADLINE,
  );
  expect(Date.now() - acceptedAt).toBeGreaterThanOrEqual(horizonMs);
});

it('remembers ids as long as their source says, also those of others that share its sets', async () => {
  const log = logWith({ dedupHorizonMs: 50 });
  const send = (scope: string, ids: readonly string[], horizonMs?: number) =>
    log.append({
      partition,
      frame: Buffer.alloc(1),
      events: ids.length,
      newestEventTime: 0,
      ids: { scope, byRow: ids, horizonMs },
    });
  await send('purchases', ['a']);
  await send('refunds', ['a'], 60_000);
  const acceptedAt = Date.now();
  // Far beyond the horizon of purchases, each of whose appends would otherwise begin a new generation.
  await waitFor(
    'the horizon of purchases to be over many times',
    async () => {
      await send('purchases', [`b${Date.now()}`]);
      await log.forgetSeen(partition);
      return Date.now() - acceptedAt > 500;
    },
    DEADLINE,
  );
  expect(await send('refunds', ['a'], 60_000)).toMatchObject({ duplicates: [0] });
  expect(await send('purchases', ['a'])).toMatchObject({ duplicates: [0] });
});

it('appends to several partitions at once, each for itself', async () => {
  const log = logWith({ mailboxFrames: 1 });
  const frameOf = (name: PartitionName, ids: readonly (string | undefined)[]) => ({
    partition: name,
    frame: Buffer.alloc(10),
    events: ids.length,
    newestEventTime: 0,
    ids: { scope: 'purchases', byRow: ids },
  });
  await log.append(frameOf('customer.0', ['a']));
  const outcomes = await log.appendAll([
    frameOf('customer.0', ['b']),
    frameOf('customer.1', ['a', undefined, 'a', undefined]),
    // More rows than one script takes.
    frameOf(
      'customer.2',
      Array.from({ length: 1_000 }, (_, i) => `id${i}`),
    ),
    frameOf('customer.3', ['a']),
  ]);
  expect(outcomes).toMatchObject([
    { kind: 'mailbox-full', frames: 1 },
    { kind: 'appended', duplicates: [2], wake: true },
    { kind: 'appended', duplicates: [] },
    { kind: 'appended', duplicates: [] },
  ]);
});

it('says of each frame that its outcome is unknown where Redis does not answer', async () => {
  const away = openRedis({ url: 'redis://127.0.0.1:1', role: 'request', name: 'test' });
  const log = new EventLog(away, keys);
  const frame = { partition, frame: Buffer.alloc(1), events: 1, newestEventTime: 0 };
  expect(await log.appendAll([frame, { ...frame, partition: 'customer.4' }])).toMatchObject([
    { kind: 'unknown', error: { code: 'REDIS_UNAVAILABLE' } },
    { kind: 'unknown', error: { code: 'REDIS_UNAVAILABLE' } },
  ]);
  await closeRedis(away);
});

it('deletes the ids of an idle partition once they are beyond the horizon', async () => {
  const log = logWith({ dedupHorizonMs: 50 });
  await append(
    log,
    Array.from({ length: 100 }, (_, i) => `id${i}`),
  );
  await waitFor(
    'the seen ids to be deleted',
    async () => {
      await log.forgetSeen(partition);
      return (await redis.keys(`${keys.seenPrefix(partition)}*`)).length === 0;
    },
    DEADLINE,
  );
  expect(await redis.hexists(keys.meta(partition), 'seen')).toBe(0);
});

/** A generation of seen ids as seen-ids.lua packs it. */
function generation(number: number, digits: number, openedMs: number, closedMs: number): Buffer {
  const packed = Buffer.alloc(27);
  packed.writeUInt32LE(number, 0);
  packed.writeUInt8(digits, 4);
  packed.writeUIntLE(openedMs, 9, 6);
  packed.writeUIntLE(closedMs, 15, 6);
  packed.writeUIntLE(60_000, 21, 6);
  return packed;
}

it('deletes all buckets of a large generation that is beyond the horizon, and none of a later one', async () => {
  const [seconds] = (await redis.time()) as unknown as [string];
  const nowMs = Number(seconds) * 1_000;
  const [newest, oldest] = [generation(2, 3, nowMs, 0), generation(1, 3, nowMs - 500_000, nowMs - 100_000)];
  await redis.hset(keys.meta(partition), 'seen', Buffer.concat([newest, oldest]));
  const bucket = (number: number, i: number): string =>
    `${keys.seenPrefix(partition)}${number}:${String(i).padStart(3, '0')}`;
  const filling = redis.pipeline();
  for (const number of [1, 2]) for (let i = 0; i < 1_000; i++) filling.sadd(bucket(number, i), 1);
  await filling.exec();
  await logWith().forgetSeen(partition);
  const left = await redis.keys(`${keys.seenPrefix(partition)}*`);
  expect([
    left.length,
    left.filter((key) => key.startsWith(`${keys.seenPrefix(partition)}2:`)).length,
  ]).toEqual([1_000, 1_000]);
  expect(await redis.hgetBuffer(keys.meta(partition), 'seen')).toEqual(newest);
});

it('begins another generation when the largest is full, so that no bucket outgrows what Redis keeps compactly', async () => {
  const script = RedisScript.beside(
    new URL('../../libs/stream/src/event-log.ts', import.meta.url).href,
    'append',
  );
  const scriptKeys = [keys.log(partition), keys.meta(partition)];
  // Ten ids fill the largest generation, of 100,000 buckets.
  const limits = [1_000, 1_000_000, 0.0001, keys.mailPrefix];
  const appendIds = async (from: number): Promise<number> => {
    const ids = Array.from({ length: 10 }, (_, i) => String(10n ** 18n + BigInt(from + i))).join('');
    const args = [...limits, 'frame', 10, 0, keys.seenPrefix(partition), 60_000, ids, ''];
    const [reply] = (await script.run(redis, scriptKeys, args)) as [unknown[]];
    return reply.length - 3;
  };
  const froms = Array.from({ length: 10 }, (_, i) => i * 10);
  for (const from of froms) expect(await appendIds(from)).toBe(0);
  const seen = (await redis.hgetBuffer(keys.meta(partition), 'seen')) ?? Buffer.alloc(0);
  const digits = Array.from({ length: seen.length / 27 }, (_, i) => seen.readUInt8(27 * i + 4));
  expect(digits).toEqual([5, 5, 5, 5, 5, 5, 4, 3, 2, 1]);
  for (const from of froms) expect(await appendIds(from)).toBe(10);
});

it('remembers ids across growing generations, in at most 32 bytes each', async () => {
  const log = logWith();
  // Beyond what lies side by side in generations of a hundred buckets.
  const COUNT = 250_000;
  const before = await usedMemory();
  for (let from = 0; from < COUNT; from += 1_000) {
    await append(
      log,
      Array.from({ length: 1_000 }, (_, i) => `purchase-${from + i}`),
      1,
    );
  }
  const logBytes = Number(await redis.memory('USAGE', keys.log(partition)));
  expect(((await usedMemory()) - before - logBytes) / COUNT).toBeLessThanOrEqual(32);
  for (let from = 0; from < COUNT; from += 10_000) {
    const again = await append(log, [`purchase-${from}`, `purchase-${from + 9_999}`]);
    expect(again).toMatchObject({ duplicates: [0, 1] });
  }
  // Every tenth row is new, the others are of every generation.
  const mixed = Array.from({ length: 1_000 }, (_, i) =>
    i % 10 === 0 ? `new-${i}` : `purchase-${(i * COUNT) / 1_000}`,
  );
  expect(await append(log, mixed)).toMatchObject({
    duplicates: mixed.flatMap((id, row) => (id.startsWith('new') ? [] : row)),
  });
});

it('refuses a frame for a full mailbox, says when to come back, and remembers none of its ids', async () => {
  const log = logWith({ mailboxFrames: 2 });
  await append(log, ['a']);
  await append(log, ['b']);
  const full = await append(log, ['c']);
  expect(full).toMatchObject({ kind: 'mailbox-full', frames: 2, bytes: 20 });
  expect(full.kind === 'mailbox-full' && full.retryAfterMs).toBeGreaterThanOrEqual(100);
  await redis.hset(keys.meta(partition), 'applied_frames', 2);
  expect(await append(log, ['c'])).toMatchObject({ kind: 'appended', duplicates: [] });
});

it('computes the time to come back from the drain rate', async () => {
  const log = logWith({ mailboxBytes: 1_000 });
  await append(log, ['a'], 1_000);
  await redis.hset(keys.meta(partition), 'drain_rate', 50);
  // A quarter of 1,000 bytes must go, at 50 bytes a second: five seconds.
  expect(await append(log, ['b'], 10)).toMatchObject({ kind: 'mailbox-full', retryAfterMs: 5_000 });
});

it('takes a frame over the limit when the mailbox is empty', async () => {
  const log = logWith({ mailboxBytes: 10 });
  expect(await append(log, ['a'], 1_000)).toMatchObject({ kind: 'appended' });
});

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}
