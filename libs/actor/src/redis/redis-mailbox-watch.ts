import type { Keys, PartitionName, RedisConnection } from '@millrace/redis';
import { compareEntryIds, type EntryId } from '@millrace/stream';
import type { LogEntry } from '../actor-store.js';
import type { MailboxWatch } from '../mailbox-watch.js';
import { readMail, type Mail } from './mail.js';

/** A connection that says nothing for longer is taken for broken (`QUEUE_SILENCE_MS_MAX`). */
const PING_EVERY_MS = 1_000;

interface Waiting {
  readonly after: EntryId;
  readonly end: (entries: readonly LogEntry[]) => void;
}

const NO_MAIL: readonly LogEntry[] = [];

/**
 * Listens in the channel of its worker, to which append.lua publishes the frame that a waiting turn waits for. So one
 * frame on its way to its states is one message and one commit. Nothing depends on a message: who does not listen
 * lets turns go without mail, and the sweep announces again what was missed.
 */
export class RedisMailboxWatch implements MailboxWatch {
  readonly #subscriber: RedisConnection;
  readonly #keys: Keys;
  readonly #channel: string;
  /** By log, in the order in which they began to wait. */
  readonly #waiting = new Map<string, Waiting>();
  /**
   * Mail that came before its turn began to wait: its commit was not answered yet. By log the newest, of 32 KiB at
   * most, so no more than the partitions whose turns were here.
   */
  readonly #early = new Map<string, Mail>();
  readonly #pings: NodeJS.Timeout;
  #isListening = false;
  #isClosed = false;

  /**
   * @param subscriber a connection of role `queue` and of its own.
   * @param worker as its turns name it to the store.
   */
  constructor(subscriber: RedisConnection, keys: Keys, worker: string) {
    this.#subscriber = subscriber;
    this.#keys = keys;
    this.#channel = keys.mail(worker);
    subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#take(readMail(message)));
    subscriber.on('ready', () => void this.#listen());
    subscriber.on('close', () => this.#stopListening());
    if (subscriber.status === 'ready') void this.#listen();
    this.#pings = setInterval(() => {
      if (this.#isListening) subscriber.ping().catch(() => {});
    }, PING_EVERY_MS).unref();
  }

  wait(partition: PartitionName, after: EntryId, ms: number): Promise<readonly LogEntry[]> {
    const log = this.#keys.log(partition);
    const early = this.#early.get(log);
    this.#early.delete(log);
    const kept = this.#isListening ? early && entriesOf(early, after) : NO_MAIL;
    if (kept) return Promise.resolve(kept);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        after,
        end: (entries) => {
          clearTimeout(timer);
          if (this.#waiting.get(log) === waiting) this.#waiting.delete(log);
          resolve(entries);
        },
      };
      // Timers count from the begin of a round of the event loop, so they come too soon where it was busy.
      const deadlineMs = performance.now() + ms;
      let timer: NodeJS.Timeout;
      const endInTime = (): void => {
        const leftMs = deadlineMs - performance.now();
        if (leftMs > 0) timer = setTimeout(endInTime, Math.ceil(leftMs));
        else waiting.end(NO_MAIL);
      };
      timer = setTimeout(endInTime, Math.ceil(ms));
      // A turn that lost its lock may still wait here when the next one of its partition does.
      this.#waiting.get(log)?.end(NO_MAIL);
      this.#waiting.set(log, waiting);
    });
  }

  release(): void {
    for (const waiting of this.#waiting.values()) return waiting.end(NO_MAIL);
  }

  releaseAll(): void {
    for (const waiting of this.#waiting.values()) waiting.end(NO_MAIL);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#pings);
    this.#stopListening();
  }

  async #listen(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#subscriber.subscribe(this.#channel);
      this.#isListening = !this.#isClosed;
    } catch {
      // The connection broke again: the next one subscribes.
    }
  }

  #stopListening(): void {
    this.#isListening = false;
    this.#early.clear();
    this.releaseAll();
  }

  #take(mail: Mail): void {
    const waiting = this.#waiting.get(mail.log);
    if (!waiting) {
      this.#early.set(mail.log, mail);
      return;
    }
    const entries = entriesOf(mail, waiting.after);
    if (entries) waiting.end(entries);
  }
}

/**
 * What mail brings to a turn that waits for what follows an entry: the frame; none, so that it looks for itself, where
 * something was missed in between; undefined where it is from before.
 */
function entriesOf({ frame }: Mail, after: EntryId): readonly LogEntry[] | undefined {
  if (!frame) return NO_MAIL;
  if (frame.after === after) return [frame.entry];
  return compareEntryIds(frame.entry.id, after) > 0 ? NO_MAIL : undefined;
}
