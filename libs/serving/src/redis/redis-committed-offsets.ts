import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import { isEntryId, LOG_START, unavailable, type EntryId } from '@millrace/stream';
import type { CommittedOffsets } from '../applied-position.js';

/** Committed offsets as turns write them: in the meta hash of each partition. */
export class RedisCommittedOffsets implements CommittedOffsets {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  read(partitions: readonly PartitionName[]): Promise<readonly EntryId[]> {
    return Promise.all(partitions.map((partition) => this.offsetOf(partition))).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  private async offsetOf(partition: PartitionName): Promise<EntryId> {
    const offset = await this.redis.hget(this.keys.meta(partition), 'offset');
    return offset !== null && isEntryId(offset) ? offset : LOG_START;
  }
}
