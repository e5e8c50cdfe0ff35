import type { PlanDocument } from '@millrace/core';
import { closeRedis, connected, Keys, openRedis, PlanStore, type RedisConnection } from '@millrace/redis';
import { readConfig } from '../../../apps/ingest/src/config.js';
import { startIngest } from '../../../apps/ingest/src/start.js';
import { startRedis, type TestRedis } from '../../kit/index.js';

/** Payments that touch a customer and a merchant, and a source that no group reads. */
const PLAN: PlanDocument = {
  revision: 1,
  entities: [
    { name: 'customer', joinKeys: [{ name: 'customer', type: 'string' }], partitions: 4 },
    { name: 'merchant', joinKeys: [{ name: 'merchant', type: 'string' }], partitions: 4 },
  ],
  sources: [
    {
      name: 'payments',
      version: 1,
      type: 'stream',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'at', type: 'timestamp' },
        { name: 'customer', type: 'string' },
        { name: 'merchant', type: 'string' },
        { name: 'amount', type: 'float' },
        { name: 'cents', type: 'int' },
      ],
      timestampField: 'at',
      idField: 'id',
    },
    {
      name: 'unread',
      version: 1,
      type: 'stream',
      fields: [{ name: 'at', type: 'timestamp' }],
      timestampField: 'at',
    },
  ],
  groups: ['customer', 'merchant'].map((entity) => ({
    kind: 'aggregated',
    name: `${entity}_payments`,
    version: 1,
    entity,
    source: 'payments',
    keyFields: [entity],
    derive: [],
    inputs: [],
    filters: [],
    windows: [{ kind: 'lifetime' }],
    features: [{ name: 'count_lifetime', type: 'int', function: { kind: 'count' }, window: 0 }],
    budget: 128,
    resolution: 1 / 64,
  })),
  derivedGroups: [],
  services: [],
};

/** An ingest app in this process, with a Redis of its own and that plan. */
export interface RunningIngest {
  readonly url: string;
  readonly server: TestRedis;
  readonly redis: RedisConnection;
  readonly stop: () => Promise<void>;
}

export async function runIngest(environment: Readonly<Record<string, string>>): Promise<RunningIngest> {
  const server = await startRedis();
  const redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  await connected(redis);
  await new PlanStore(redis, new Keys()).publish(PLAN);
  const config = readConfig({
    MILLRACE_AUTH: 'off',
    REDIS_URL: server.url,
    MILLRACE_INGEST_PORT: '0',
    MILLRACE_LOG_LEVEL: 'silent',
    ...environment,
  });
  const { app } = await startIngest(config);
  const stop = async (): Promise<void> => {
    await app.close();
    await closeRedis(redis);
    await server.stop();
  };
  return { url: await app.getUrl(), server, redis, stop };
}
