import type { Provider } from '@nestjs/common';
import type { Keys, RedisConnection } from '@millrace/redis';
import {
  RedisSampleLog,
  RedisUsageStore,
  ServedSamples,
  ServedUsage,
  UsageFlush,
  type UsageStore,
} from '@millrace/serving';
import { recurringWarning, type Logger } from '@millrace/telemetry';
import { LOGGER, REDIS } from '../tokens.js';
import { SAMPLES, USAGE, USAGE_FLUSH, USAGE_STORE } from './tokens.js';

/** What is noted about answers; the module spreads these into its own list. */
export function usageProviders(keys: Keys, servedSampleRatio: number): Provider[] {
  return [
    { provide: USAGE, useFactory: () => new ServedUsage() },
    {
      provide: USAGE_STORE,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) => new RedisUsageStore(redis, keys),
    },
    {
      provide: USAGE_FLUSH,
      inject: [USAGE, USAGE_STORE, LOGGER],
      useFactory: (usage: ServedUsage, store: UsageStore, logger: Logger) =>
        new UsageFlush(usage, store, recurringWarning(logger, 'usage not flushed')),
    },
    {
      provide: SAMPLES,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) =>
        new ServedSamples(servedSampleRatio, new RedisSampleLog(redis, keys)),
    },
  ];
}
