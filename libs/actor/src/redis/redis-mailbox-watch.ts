import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import type { LogEntry } from '../actor-store.js';
import type { MailboxWatch } from '../mailbox-watch.js';
import { readRawEntry, type RawEntryReply } from './log-entry-reply.js';

/** For how long a look waits; longer than this no newcomer waits for a connection. */
const LOOK_MS = 20;
/** The last free connection looks for this long only, so that there is soon one for newcomers. */
const LAST_LOOK_MS = 4;

interface Waiting {
  readonly log: string;
  readonly after: EntryId;
  isLookedFor: boolean;
  readonly end: (entries: readonly LogEntry[]) => void;
}

const NO_MAIL: readonly LogEntry[] = [];

/**
 * Blocking XREADs, each for many partitions, on some connections of its own: one that is blocked cannot be told
 * of partitions that begin to wait meanwhile, they get the next one. The frames themselves come with the
 * reply, so that a turn that gets mail need not read it again.
 */
export class RedisMailboxWatch implements MailboxWatch {
  readonly #free: RedisConnection[];
  readonly #keys: Keys;
  /** By log, in the order in which they began to wait. */
  readonly #waiting = new Map<string, Waiting>();
  #isScheduled = false;
  #isClosed = false;

  /** @param connections to one server: a cluster refuses to look at several slots at once. */
  constructor(connections: readonly RedisConnection[], keys: Keys) {
    this.#free = [...connections];
    this.#keys = keys;
  }

  wait(partition: PartitionName, after: EntryId, ms: number): Promise<readonly LogEntry[]> {
    if (this.#isClosed) return Promise.resolve(NO_MAIL);
    const log = this.#keys.log(partition);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        log,
        after,
        isLookedFor: false,
        end: (entries) => {
          clearTimeout(timer);
          if (this.#waiting.get(log) === waiting) this.#waiting.delete(log);
          resolve(entries);
        },
      };
      const timer = setTimeout(waiting.end, ms, NO_MAIL);
      // A turn that lost its lock may still wait here when the next one of its partition does.
      this.#waiting.get(log)?.end(NO_MAIL);
      this.#waiting.set(log, waiting);
      this.#schedule();
    });
  }

  release(): void {
    for (const waiting of this.#waiting.values()) return waiting.end(NO_MAIL);
  }

  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.values()) waiting.end(NO_MAIL);
  }

  /** At the end of this round of the event loop: turns whose commits are answered together wait together. */
  #schedule(): void {
    if (this.#isScheduled || this.#free.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const connection = this.#free.pop();
      if (connection) void this.#look(connection);
    });
  }

  /** Looks until nobody is left who waits for this connection. */
  async #look(connection: RedisConnection): Promise<void> {
    let looking: Waiting[] = [];
    try {
      for (;;) {
        looking = this.#stillWaiting(looking);
        if (looking.length === 0) return;
        const found = await this.#read(connection, looking);
        for (const [log, entries] of found) {
          const waiting = this.#waiting.get(String(log));
          // Who waits by now may wait for something later than what was looked for.
          if (waiting && looking.includes(waiting)) waiting.end(entries.map(readRawEntry));
        }
      }
    } catch {
      // Whoever waits goes on by itself; the turn meets the same fault, and reports it.
      for (const waiting of looking) waiting.end(NO_MAIL);
    } finally {
      this.#free.push(connection);
    }
  }

  /** Those of the last look that got nothing, and all who came meanwhile. */
  #stillWaiting(looking: readonly Waiting[]): Waiting[] {
    const still: Waiting[] = [];
    for (const waiting of this.#waiting.values()) {
      if (waiting.isLookedFor && !looking.includes(waiting)) continue;
      waiting.isLookedFor = true;
      still.push(waiting);
    }
    return still;
  }

  async #read(
    connection: RedisConnection,
    looking: readonly Waiting[],
  ): Promise<readonly [log: Buffer, entries: readonly RawEntryReply[]][]> {
    const blockMs = this.#free.length > 0 ? LOOK_MS : LAST_LOOK_MS;
    const reply = await connection.xreadBuffer(
      'COUNT',
      1,
      'BLOCK',
      blockMs,
      'STREAMS',
      ...looking.map(({ log }) => log),
      ...looking.map(({ after }) => after),
    );
    return (reply ?? []) as unknown as [Buffer, RawEntryReply[]][];
  }
}
