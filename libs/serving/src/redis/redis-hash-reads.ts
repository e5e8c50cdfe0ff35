import { MillraceError } from '@millrace/core';
import { partitionName, type HashFields, type Keys } from '@millrace/redis';
import type { HashContents, HashRead, HashReads } from '../hash-reads.js';

/** Reads hashes with one HMGET each, all sent before any reply is awaited: one round trip however many there are. */
export class RedisHashReads implements HashReads {
  constructor(
    private readonly redis: HashFields,
    private readonly keys: Keys,
  ) {}

  async read(reads: readonly HashRead[]): Promise<readonly HashContents[]> {
    const contents = await this.redis.read(
      reads.map((read) => ({ key: this.keyOf(read), fields: read.fields })),
    );
    const [first] = contents;
    if (first instanceof Error && contents.every((content) => content instanceof Error)) {
      throw new MillraceError('REDIS_UNAVAILABLE', `features cannot be read: ${first.message}`, {
        retryAfterMs: 1_000,
      });
    }
    return contents;
  }

  private keyOf({ kind, entity, partition, entityId }: HashRead): string {
    const name = partitionName(entity, partition);
    return kind === 'actor' ? this.keys.actor(name, entityId) : this.keys.pushed(name, entityId);
  }
}
