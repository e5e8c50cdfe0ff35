import { DeadLetters, readPartitionStatus, TurnDispatcher } from '@millrace/actor';
import { partitionOf } from '@millrace/core';
import {
  closeRedis,
  connected,
  Keys,
  openHashFields,
  openRedis,
  partitionName,
  partitionsOf,
  PlanStore,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeActorStore } from '../conformance/actor-store.js';
import { startRedisCluster, waitFor, type TestRedisCluster } from '../kit/index.js';
import { ledgerFrame, ledgerPlan } from '../simulation/ledger-plan.js';
import { LedgerWorker } from '../simulation/ledger-runtime.js';
import { redisStoreUnderTest } from './redis-store-under-test.js';

const DEADLINE = { deadlineMs: 20_000 };
const plan = ledgerPlan({ partitions: 16 });
const partitions = plan.entities.flatMap(partitionsOf);

let cluster: TestRedisCluster;
let redis: RedisConnection;
let queueRedis: RedisConnection;

beforeAll(async () => {
  cluster = await startRedisCluster();
  redis = openRedis({ url: cluster.url, role: 'request', name: 'test' });
  queueRedis = openRedis({ url: cluster.url, role: 'queue', name: 'test-queue' });
  await Promise.all([connected(redis), connected(queueRedis)]);
});

afterAll(async () => {
  await Promise.all([closeRedis(redis), closeRedis(queueRedis)]);
  await cluster.stop();
});

it('takes events of partitions on all three nodes through BullMQ to their actors', async () => {
  const keys = new Keys('turns:');
  const log = new EventLog(redis, keys);
  const dispatcher = new TurnDispatcher(queueRedis, keys);
  const worker = new LedgerWorker(redis, keys, plan).start(queueRedis);
  worker.startSweep(queueRedis, 500);
  const actors = Array.from({ length: 48 }, (_, i) => `a${i}`);
  const homeOf = (actor: string): (typeof partitions)[number] =>
    partitionName('actor', partitionOf(actor, partitions.length));
  for (const n of [1, 2, 3]) {
    await Promise.all(
      actors.map(async (actor) => {
        const partition = homeOf(actor);
        const frame = ledgerFrame([[actor, n]]);
        const ids = { scope: 'numbers', byRow: [`${actor}-${n}`] };
        const result = await log.append({ partition, frame, events: 1, newestEventTime: 0, ids });
        if (result.kind === 'appended' && result.wake) await dispatcher.wake([partition]);
      }),
    );
  }
  await waitFor(
    'every mailbox to be empty',
    async () => {
      const status = await readPartitionStatus(redis, keys, partitions);
      return status.every(({ mailbox }) => mailbox.frames === 0);
    },
    DEADLINE,
  );
  for (const actor of actors) expect(await worker.ledgerOf(homeOf(actor), actor)).toEqual([1, 2, 3]);
  await worker.close();
  await dispatcher.close();
  expect(worker.errors).toEqual([]);
});

it('publishes plans, and keeps, replays and forgets what belongs to a partition', async () => {
  const keys = new Keys('operations:');
  const store = new PlanStore(redis, keys);
  await store.publish(plan);
  expect(await store.load()).toEqual(plan);
  const log = new EventLog(redis, keys);
  const letters = new DeadLetters(redis, keys, async () => {});
  const frame = ledgerFrame([['x', -1]]);
  for (const partition of partitions.slice(0, 6)) {
    await log.append({ partition, frame, events: 1, newestEventTime: 0 });
    await new LedgerWorker(redis, keys, plan, { refuses: 0 }).runner.run(partition);
    await log.forgetSeen(partition);
  }
  const found = await letters.list({ partitions, limit: 10 });
  expect(found).toHaveLength(6);
  for (const { id } of found) expect(await letters.replay(id)).toBe(true);
});

it('reads hashes of all three nodes in the order asked for', async () => {
  const hashes = openHashFields({ url: cluster.url, name: 'test-reads' });
  await hashes.connected();
  const names = Array.from({ length: 48 }, (_, i) => `hash:${i}`);
  await Promise.all(names.map((name) => redis.hset(name, { a: name })));
  const answers = await hashes.read([...names, 'none'].map((key) => ({ key, fields: ['a', 'b'] })));
  const texts = answers.map((values) =>
    values instanceof Error ? values : values.values.map((v) => v?.toString()),
  );
  expect(texts).toEqual([...names.map((name) => [name, undefined]), [undefined, undefined]]);
  await hashes.close();
});

describeActorStore('RedisActorStore in a cluster', async () => redisStoreUnderTest(redis, 'conformance:'));
