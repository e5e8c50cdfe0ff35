import { readPartitionStatus, RedisActorStore, type TurnOutcome } from '@millrace/actor';
import { closeRedis, connected, Keys, openRedis, type RedisConnection } from '@millrace/redis';
import { EVENT_LOG_LIMITS, EventLog, type EntryId } from '@millrace/stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeActorStore } from '../conformance/actor-store.js';
import { startRedis, type TestRedis } from '../kit/index.js';
import { redisStoreUnderTest } from './redis-store-under-test.js';

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  await connected(redis);
});

afterAll(async () => {
  await closeRedis(redis);
  await server.stop();
});

describeActorStore('RedisActorStore', async () => redisStoreUnderTest(redis, 'test:'));

it.each([
  ['one state', ['g@1']],
  ['several states', ['g@1', 'g@2']],
])(
  'sets when an actor of %s is to be forgotten, but not where a commit before did so a moment ago',
  async (_, fields) => {
    const keys = new Keys(`expiry${fields.length}:`);
    const store = new RedisActorStore(redis, keys);
    const log = new EventLog(redis, keys);
    const partition = 'account.1';
    const limits = { events: 10, bytes: 1_000 };
    const key = `${keys.actorPrefix(partition)}a`;
    const commit = async (keepsExpiry: boolean): Promise<number> => {
      await log.append({ partition, frame: Buffer.from('f'), events: 1, newestEventTime: 0 });
      const { generation, offset, entries } = await store.begin(partition, 'w', limits);
      const [entry] = entries;
      if (!entry) throw new Error('nothing was read');
      await store.commit(
        { partition, generation, readAfter: offset, readProgress: '' },
        {
          offset: entry.id,
          progress: '',
          committer: 'w:1',
          applied: { frames: 1, events: 1, bytes: 1, tooLate: 0, beyondHorizon: 0 },
          fields,
          actors: [
            {
              entityId: 'a',
              states: fields.map((_name, field) => [field, Buffer.from(entry.id)]),
              keepsExpiry,
            },
          ],
          deadLetters: [],
          forgetAfterMs: 60_000,
        },
        limits,
      );
      expect(await redis.hmget(key, ...fields)).toEqual(fields.map(() => entry.id));
      return redis.pttl(key);
    };
    expect(await commit(false)).toBeGreaterThan(50_000);
    await redis.persist(key);
    expect(await commit(true)).toBe(-1);
    expect(await commit(false)).toBeGreaterThan(50_000);
  },
);

it('keeps applied frames within their limit in bytes and nothing unread away, and says how many', async () => {
  const keys = new Keys('history:');
  const store = new RedisActorStore(redis, keys, { history: { retentionMs: 3_600_000, bytes: 50_000 } });
  const log = new EventLog(redis, keys);
  const partition = 'account.1';
  const limits = { events: 1, bytes: 1 };
  const status = async () => (await readPartitionStatus(redis, keys, [partition]))[0];
  const ids = (n: number) => ({ scope: 's', byRow: [`e${n}`] });
  for (let n = 0; n < 200; n++) {
    const frame = Buffer.alloc(1_000);
    await log.append({ partition, frame, events: 1, newestEventTime: 0, ids: ids(n) });
  }
  expect(await status()).toMatchObject({ history: { frames: 0, bytes: 0 }, seenIds: 200 });
  let { generation, offset, progress, entries } = await store.begin(partition, 'w', limits);
  for (let n = 0; n < 150; n++) {
    const entry = entries[0]?.id ?? offset;
    const result = await store.commit(
      { partition, generation, readAfter: offset, readProgress: progress },
      frameApplied(entry, progress),
      limits,
    );
    if (result.kind !== 'committed') throw new Error(`the commit was answered ${result.kind}`);
    [offset, entries] = [entry, result.next];
  }
  const { history, mailbox } = (await status()) ?? {};
  expect(mailbox).toMatchObject({ frames: 50, bytes: 50_000 });
  expect(history?.frames).toBeGreaterThan(0);
  // Looked at every sixteenth of the limit, and given back in whole nodes of the stream.
  expect(history?.bytes).toBeLessThanOrEqual(50_000 + 50_000 / 16 + 2 * 4_096);
  expect(history?.bytes).toBe((history?.frames ?? 0) * 1_000);
  expect(await redis.xlen(keys.log(partition))).toBe((history?.frames ?? 0) + 50);
});

it('measures how fast a mailbox drains, and a full one tells its writers accordingly', async () => {
  const keys = new Keys('drain:');
  const store = new RedisActorStore(redis, keys);
  const log = new EventLog(redis, keys, { ...EVENT_LOG_LIMITS, mailboxBytes: 8_000 });
  const partition = 'account.1';
  const append = (bytes: number) =>
    log.append({ partition, frame: Buffer.alloc(bytes), events: 1, newestEventTime: 0 });
  for (let n = 0; n < 8; n++) await append(1_000);
  const limits = { events: 1, bytes: 1 };
  const { generation, offset, entries } = await store.begin(partition, 'w', limits);
  // The mailbox began to fill a second ago.
  const meta = keys.meta(partition);
  await redis.hset(meta, 'drained_at', Number(await redis.hget(meta, 'drained_at')) - 1_000);
  await store.commit(
    { partition, generation, readAfter: offset, readProgress: '' },
    frameApplied(entries[0]?.id ?? offset, ''),
    limits,
  );
  const [status] = await readPartitionStatus(redis, keys, [partition]);
  expect(status?.drainBytesPerSecond).toBeGreaterThan(300);
  expect(status?.drainBytesPerSecond).toBeLessThanOrEqual(1_000);
  // 7,000 bytes wait, and a thousand of them are to go.
  const full = await append(2_000);
  const expectedMs = 1_000_000 / (status?.drainBytesPerSecond ?? 0);
  expect(full).toMatchObject({ kind: 'mailbox-full', bytes: 7_000, retryAfterMs: Math.floor(expectedMs) });
});

/** The outcome of a turn that applied a frame of 1,000 bytes, up to an entry, to no group. */
function frameApplied(offset: EntryId, progress: string): TurnOutcome {
  return {
    offset,
    progress,
    committer: 'w:1',
    applied: { frames: 1, events: 1, bytes: 1_000, tooLate: 0, beyondHorizon: 0 },
    fields: [],
    actors: [],
    deadLetters: [],
  };
}
