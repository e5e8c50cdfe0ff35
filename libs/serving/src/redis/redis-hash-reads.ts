import { MillraceError } from '@millrace/core';
import { partitionName, type Keys, type RedisConnection } from '@millrace/redis';
import type { HashContents, HashRead, HashReads } from '../hash-reads.js';

/**
 * Reads hashes with one HMGET each, all written before any reply is awaited: one round trip (per node of a
 * cluster) however many there are.
 */
export class RedisHashReads implements HashReads {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async read(reads: readonly HashRead[]): Promise<readonly HashContents[]> {
    const contents = await Promise.all(reads.map((read) => this.contentsOf(read)));
    const failed = contents.filter((content) => content instanceof Error);
    const [first] = failed;
    if (first && failed.length === contents.length) {
      throw new MillraceError('REDIS_UNAVAILABLE', `features cannot be read: ${first.message}`, {
        retryAfterMs: 1_000,
      });
    }
    return contents;
  }

  private contentsOf(read: HashRead): Promise<HashContents> {
    const partition = partitionName(read.entity, read.partition);
    const key =
      read.kind === 'actor'
        ? this.keys.actor(partition, read.entityId)
        : this.keys.pushed(partition, read.entityId);
    return this.redis
      .hmgetBuffer(key, ...read.fields)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  }
}
