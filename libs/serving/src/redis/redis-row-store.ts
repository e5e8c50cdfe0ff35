import { partitionOf } from '@millrace/core';
import {
  partitionName,
  RedisScript,
  stateField,
  type Keys,
  type RedisConnection,
  type ScriptArgument,
} from '@millrace/redis';
import { unavailable } from '@millrace/stream';
import type { PushedGroupRow } from '../pushed/read-push.js';
import { encodeRow } from '../pushed/row-codec.js';
import { keepMs, type RowStore } from '../pushed/row-store.js';

const writeRows = RedisScript.beside(import.meta.url, 'write-rows');

/** Scripts in flight at once: enough to fill the pipe, and other requests get their turn in between. */
const IN_FLIGHT_MAX = 500;

/** Pushed rows in a hash per entity, beside its window states; one script per entity. */
export class RedisRowStore implements RowStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async write(rows: readonly PushedGroupRow[]): Promise<number> {
    const byKey = new Map<string, ScriptArgument[]>();
    for (const row of rows) {
      const key = this.keyOf(row);
      const args = byKey.get(key) ?? [];
      args.push(stateField(row.group), encodeRow(row), keepMs(row.group.ttlMs));
      byKey.set(key, args);
    }
    const writes = [...byKey];
    let written = 0;
    for (let from = 0; from < writes.length; from += IN_FLIGHT_MAX) {
      const counts = await Promise.all(
        writes.slice(from, from + IN_FLIGHT_MAX).map(([key, args]) => this.run(key, args)),
      );
      written += counts.reduce((sum, count) => sum + count, 0);
    }
    return written;
  }

  private keyOf({ entity, entityId }: PushedGroupRow): string {
    return this.keys.pushed(partitionName(entity.name, partitionOf(entityId, entity.partitions)), entityId);
  }

  private async run(key: string, args: readonly ScriptArgument[]): Promise<number> {
    const written = await writeRows.run(this.redis, [key], args).catch((error: unknown) => {
      throw unavailable(error);
    });
    return Number(written);
  }
}
