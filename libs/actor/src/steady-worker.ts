import { Worker } from 'bullmq';
import { RETRY_AFTER_LOSS_MS } from './turn-queue.js';

/**
 * A worker that looks for stalled jobs again soon after a look failed. BullMQ itself then waits for five seconds,
 * whatever its interval is: so long waited everybody's partitions after Redis had refused writes (F15, full disk).
 */
export class SteadyWorker<Data, Result> extends Worker<Data, Result> {
  protected override checkConnectionError<T>(
    look: () => Promise<T>,
    delayMs = RETRY_AFTER_LOSS_MS,
  ): Promise<T | undefined> {
    return super.checkConnectionError(look, delayMs);
  }
}
