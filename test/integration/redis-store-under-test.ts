import { EventLog } from '@millrace/stream';
import { RedisActorStore } from '@millrace/actor';
import { Keys, type RedisConnection } from '@millrace/redis';
import type { StoreUnderTest } from '../conformance/actor-store.js';

/** The store of production, for the conformance tests of actor stores. */
export function redisStoreUnderTest(redis: RedisConnection, keyPrefix: string): StoreUnderTest {
  const keys = new Keys(keyPrefix);
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
}
