import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import type { MailboxWatch } from '../mailbox-watch.js';

/** After how long a look includes those that began to wait meanwhile. */
const LOOK_MS = 5;

interface Waiting {
  readonly after: EntryId;
  readonly end: () => void;
}

/**
 * One blocking XREAD for all partitions that wait in this process, on a connection of its own. States:
 * *idle*, without a command under way, while nobody waits; else *looking*, one command after the other.
 */
export class RedisMailboxWatch implements MailboxWatch {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #waiting = new Map<string, Waiting>();
  #looking = false;

  /** @param redis one server: a cluster refuses to look at several slots at once. */
  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  wait(partition: PartitionName, after: EntryId, ms: number): Promise<void> {
    const log = this.#keys.log(partition);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(log);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#waiting.set(log, { after, end });
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#waiting.size > 0) {
        const logs = [...this.#waiting.keys()];
        const after = Array.from(this.#waiting.values(), (waiting) => waiting.after);
        const found = await this.#redis.xreadBuffer(
          'COUNT',
          1,
          'BLOCK',
          LOOK_MS,
          'STREAMS',
          ...logs,
          ...after,
        );
        for (const [log] of found ?? []) this.#waiting.get(String(log))?.end();
      }
    } catch {
      // Whoever waits goes on by itself; the turn meets the same fault, and reports it.
      for (const waiting of this.#waiting.values()) waiting.end();
    } finally {
      this.#looking = false;
    }
  }
}
