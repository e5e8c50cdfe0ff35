import type { PlanStore } from '@millrace/redis';
import type { Registry } from './postgres/registry.js';

export interface PlanPublisherOptions {
  /** Tells the other processes that there is a plan to look for; only a hint. */
  readonly hint: () => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Default 5 s. */
  readonly checkEveryMs?: number;
}

/**
 * Keeps Redis at the plan of the registry: after an apply, when a process boots, and again whenever Redis
 * turns out to have lost it or to have missed one.
 */
export class PlanPublisher {
  private timer: NodeJS.Timeout | undefined;
  private reported = '';

  constructor(
    private readonly registry: Registry,
    private readonly store: PlanStore,
    private readonly options: PlanPublisherOptions,
  ) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.check(), this.options.checkEveryMs ?? 5_000);
    await this.check();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Publishes what is registered where Redis is behind. Answers whether Redis has it now. Never rejects. */
  async check(): Promise<boolean> {
    try {
      const document = await this.registry.document();
      const held = await this.store.revision();
      if (held !== undefined && held >= document.revision) return this.checkNotAhead(held, document.revision);
      await this.store.publish(document);
      await this.options.hint();
      this.reported = '';
      return true;
    } catch (error) {
      this.report(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  /** The revision that Redis holds; undefined where it holds none or does not answer. */
  async heldRevision(): Promise<number | undefined> {
    return this.store.revision().catch(() => undefined);
  }

  private checkNotAhead(held: number, registered: number): boolean {
    if (held === registered) {
      this.reported = '';
      return true;
    }
    // Overwriting here would let a process with the wrong DATABASE_URL take a running plan away.
    const message =
      `Redis holds plan ${held}, the registry is at ${registered}: they do not belong together, or the database ` +
      'was restored from a backup; the next apply puts the registry ahead';
    this.report(new Error(message));
    return false;
  }

  private report(error: Error): void {
    if (error.message === this.reported) return;
    this.reported = error.message;
    this.options.onError(error);
  }
}
