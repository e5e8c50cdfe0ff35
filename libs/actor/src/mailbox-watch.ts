import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import type { LogEntry } from './actor-store.js';

/**
 * Brings mail to turns that ran out of it. A turn that lingers takes the next frame at once; without it every
 * frame of a steady trickle would cost a job of its own (add, fetch, finish), which at some hundred requests a
 * second over all partitions is more than the turns themselves.
 */
export interface MailboxWatch {
  /**
   * The first entry after this one as soon as there is one: it is the next of the log, nothing lies between.
   * None after `ms` (not sooner), after `release` or `close`, or where the watch cannot look. Never rejects.
   */
  wait(partition: PartitionName, after: EntryId, ms: number): Promise<readonly LogEntry[]>;

  /** Lets the turn that has waited longest go without mail: its place is wanted. */
  release(): void;

  /** Lets all of them go: they may have to end. */
  releaseAll(): void;

  /** Lets all of them go, and whoever comes later. */
  close(): void;
}
