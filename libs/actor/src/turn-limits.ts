import type { ReadLimits } from './actor-store.js';

export interface TurnLimits {
  /** What one batch reads. Default 8,192 events or 8 MiB: some 50 ms of work, some MiB of states to commit. */
  readonly batch: ReadLimits;
  /**
   * After how long a turn hands the partition back that neither pauses nor has only light batches, so that others get
   * their places; default 100 ms.
   */
  readonly budgetMs: number;
  /**
   * For how long after its last mail a partition is waited for, by one turn after the other; default 10 s. It costs
   * nothing but a place among the turns of a process, which is given up when another wants it.
   */
  readonly lingerMs: number;
  /**
   * After how long any other turn ends at the latest, so that partitions spread over the workers that there are now; default
   * 1 s: shorter than a lock, so that a worker which is late to renew one loses no turn. Of a worker that is alone it does not end.
   */
  readonly holdMs: number;
  /** As ingest has it: events that are older than this when they arrive may be forgotten repetitions. */
  readonly dedupHorizonMs: number;
}

export const TURN_LIMITS: TurnLimits = {
  batch: { events: 8_192, bytes: 8 * 1024 * 1024 },
  budgetMs: 100,
  lingerMs: 10_000,
  holdMs: 1_000,
  dedupHorizonMs: 600_000,
};
