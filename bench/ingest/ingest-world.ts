import path from 'node:path';
import { decodeFrame } from '@millrace/core';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  partitionsOf,
  PlanStore,
  type RedisConnection,
} from '@millrace/redis';
import { startRedis } from '../../test/kit/index.js';
import { startApp } from '../../tools/launch/apps.js';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { FIVE_FEATURES } from '../turns/purchases.js';
import type { PurchaseEvent } from './purchase-events.js';

export type Fsync = 'everysec' | 'always';

/** A Redis with one way of writing its append-only file, and an ingest app on it. No worker: mail only waits. */
export class IngestWorld {
  private readonly keys = new Keys();

  private constructor(
    readonly redis: RedisConnection,
    readonly ingestUrl: string,
    readonly ingestPid: number,
    private readonly stop: () => Promise<void>,
  ) {}

  static async open(fsync: Fsync): Promise<IngestWorld> {
    const server = await startRedis({ appendfsync: fsync });
    const redis = openRedis({ url: server.url, role: 'request', name: 'bench', commandTimeoutMs: 60_000 });
    await connected(redis);
    await new PlanStore(redis, new Keys()).publish(FIVE_FEATURES.plan);
    const guard = new Guard();
    const folder = await privateFolder(guard);
    const ingest = await startApp('ingest', {
      redisUrl: server.url,
      databaseUrl: 'postgres://not-used',
      guard,
      folder: path.resolve(folder.path),
      environment: { MILLRACE_LOG_LEVEL: 'warn', MILLRACE_MAILBOX_FRAMES_MAX: '10000000' },
    });
    return new IngestWorld(redis, ingest.url, ingest.process.pid, async () => {
      await ingest.process.stop();
      await closeRedis(redis);
      await server.stop();
      await folder.remove();
    });
  }

  /** Empties Redis; the ingest app keeps the plan that it has. */
  async clear(): Promise<void> {
    await this.redis.flushall();
  }

  /**
   * Reads every frame back from the logs: each event must be there, once, and nothing else.
   * @throws Error otherwise, which voids the speed
   */
  async mustHold(events: readonly PurchaseEvent[]): Promise<void> {
    const expected = new Set(events.map(({ id }) => id));
    for (const partition of FIVE_FEATURES.plan.entities.flatMap(partitionsOf)) {
      const entries = await this.redis.xrangeBuffer(this.keys.log(partition), '-', '+');
      for (const [, fields] of entries as unknown as [Buffer, Buffer[]][]) {
        const ids = decodeFrame(fields[1] as Buffer).column('id');
        for (const id of ids?.kind === 'string' ? ids.values : []) {
          if (id === null || !expected.delete(id)) throw new Error(`the log holds ${id} twice, or unasked`);
        }
      }
    }
    if (expected.size > 0) throw new Error(`${expected.size} of ${events.length} events are not in the log`);
  }

  async close(): Promise<void> {
    await this.stop();
  }
}
