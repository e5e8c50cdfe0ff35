import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import { Queue } from 'bullmq';
import { queueOptions, TURN_QUEUE, turnJobOptions, type TurnJob } from './turn-queue.js';

/** Wakes partitions: adds the job that is their next turn. */
export class TurnDispatcher {
  readonly #queue: Queue<TurnJob>;

  /** @param connection of role `request` where somebody waits (ingest), of role `queue` in a worker. */
  constructor(connection: RedisConnection, keys: Keys, onError: (error: Error) => void = () => {}) {
    this.#queue = new Queue<TurnJob>(TURN_QUEUE, { connection, ...queueOptions(keys, TURN_QUEUE) });
    this.#queue.on('error', onError);
  }

  /**
   * Wakes partitions. A wake that fails is not lost for good: the next append after a second, or the sweep,
   * wakes again; so a caller that has appended may answer without waiting for this.
   */
  async wake(partitions: readonly PartitionName[]): Promise<void> {
    if (partitions.length === 1) {
      const [partition] = partitions as readonly [PartitionName];
      await this.#queue.add('turn', { partition }, turnJobOptions(partition));
    } else if (partitions.length > 1) {
      await this.#queue.addBulk(
        partitions.map((partition) => ({
          name: 'turn',
          data: { partition },
          opts: turnJobOptions(partition),
        })),
      );
    }
  }

  /** Jobs by state, for metrics. */
  counts(): Promise<Record<string, number>> {
    return this.#queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
