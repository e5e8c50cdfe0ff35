import { closeRedis, connected, openRedis, type RedisConnection } from '@millrace/redis';
import { afterAll, beforeAll } from 'vitest';
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
