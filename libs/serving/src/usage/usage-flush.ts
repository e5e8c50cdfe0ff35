import type { ServedUsage } from './served-usage.js';
import type { UsageStore } from './usage-store.js';

const INTERVAL_MS = 5_000;

/**
 * Brings what this process has served to the totals of all, beside the reads and never within one. A flush
 * that fails is not repeated, because it may have been applied: totals may be short of it, and never too high.
 */
export class UsageFlush {
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly usage: ServedUsage,
    private readonly store: UsageStore,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), INTERVAL_MS);
    this.timer.unref();
  }

  /** Resolves when everything counted before the call is with the store, or lost and reported. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.flushOnce());
    return this.flushing;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async flushOnce(): Promise<void> {
    const served = this.usage.take();
    if (served.length > 0) await this.store.add(served).catch(this.onError);
  }
}
