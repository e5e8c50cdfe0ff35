import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';

/**
 * Tells turns that ran out of mail when there is more. A turn that lingers a few milliseconds takes the next
 * frame at once; without it every frame of a steady trickle would cost a job of its own (add, fetch, finish),
 * which at some hundred requests a second over all partitions is more than the turns themselves.
 */
export interface MailboxWatch {
  /** Resolves when there is an entry after this one, and after `ms` in any case. Never rejects. */
  wait(partition: PartitionName, after: EntryId, ms: number): Promise<void>;
}
