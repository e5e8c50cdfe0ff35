import { Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import { Queue, type JobsOptions } from 'bullmq';

/** The queue whose jobs are turns, and the one whose job is the sweep: a sweep never waits behind turns. */
export const TURN_QUEUE = 'turns';
export const SWEEP_QUEUE = 'sweep';

/** After how long BullMQ tries again to take or to end a job when its connection broke; its own default is 15 s. */
export const RETRY_AFTER_LOSS_MS = 250;

export interface TurnJob {
  readonly partition: PartitionName;
}

/**
 * At most one waiting and one active job per partition. `keepLastIfActive` matters: without it a wake during
 * the active job is ignored, and 5 to 11 of 4,000 events were stranded (design.md §4).
 */
export function turnJobOptions(partition: PartitionName): JobsOptions {
  return {
    deduplication: { id: partition, keepLastIfActive: true },
    // Half a minute of trying; whatever is left then, the sweep wakes again.
    attempts: 6,
    backoff: { type: 'exponential', delay: 250, jitter: 0.5 },
    removeOnComplete: true,
    removeOnFail: { count: 1_000 },
  };
}

export function queueOptions(keys: Keys, queue: string): { readonly prefix: string } {
  return { prefix: keys.queuePrefix(queue) };
}

/** Both queues, for whoever only looks at them. To be closed by the caller. */
export function openQueues(
  connection: RedisConnection,
  keys: Keys,
  onError: (error: Error) => void,
): readonly Queue[] {
  return [TURN_QUEUE, SWEEP_QUEUE].map((name) => {
    const queue = new Queue(name, { connection, ...queueOptions(keys, name) });
    queue.on('error', onError);
    return queue;
  });
}
