import type { AccessKeyStore } from '@millrace/redis';
import type { AccessKeyRegistry } from './postgres/access-key-registry.js';

const CHECK_EVERY_MS = 5_000;

/** Keeps Redis at the API keys of the registry, where all apps look them up. */
export class AccessKeyPublisher {
  private timer: NodeJS.Timeout | undefined;
  private reported = '';

  constructor(
    private readonly registry: AccessKeyRegistry,
    private readonly store: AccessKeyStore,
    private readonly onError: (error: Error) => void,
  ) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.check(), CHECK_EVERY_MS);
    await this.check();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Publishes the keys where Redis is behind or lost them. Answers whether it has them now. Never rejects. */
  async check(): Promise<boolean> {
    try {
      const document = await this.registry.document();
      const held = await this.store.revision();
      if (held === undefined || held < document.revision) await this.store.publish(document);
      this.reported = '';
      return true;
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      if (fault.message !== this.reported) this.onError(fault);
      this.reported = fault.message;
      return false;
    }
  }
}
