import { Keys, type PartitionName } from '@millrace/redis';
import type { JobsOptions } from 'bullmq';

/** The queue whose jobs are turns, and the one whose job is the sweep: a sweep never waits behind turns. */
export const TURN_QUEUE = 'turns';
export const SWEEP_QUEUE = 'sweep';

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
