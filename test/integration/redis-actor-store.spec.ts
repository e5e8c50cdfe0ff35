import { RedisActorStore } from '@millrace/actor';
import { closeRedis, connected, Keys, openRedis, type RedisConnection } from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { afterAll, beforeAll } from 'vitest';
import { describeActorStore } from '../conformance/actor-store.js';
import { startRedis, type TestRedis } from '../kit/index.js';

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

describeActorStore('RedisActorStore', async () => {
  const keys = new Keys('test:');
  const log = new EventLog(redis, keys);
  return {
    store: new RedisActorStore(redis, keys),
    append: async (partition, frame) => {
      const result = await log.append({ partition, frame, events: 1, newestEventTime: 0 });
      if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
      return result.entry;
    },
    deadLetters: (partition) => redis.xlen(keys.dead(partition)),
    isAwake: async (partition) => (await redis.hexists(keys.meta(partition), 'awake')) === 1,
  };
});
