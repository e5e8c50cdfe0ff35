import { CorruptFrameError, decodeFrame, MillraceError } from '@millrace/core';
import {
  parsePartitionName,
  RedisScript,
  type Keys,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EVENT_LOG_LIMITS, isEntryId, unavailable, type EntryId, type MailboxLimits } from '@millrace/stream';
import type { DeadLetter } from '../dead-letter.js';
import { readDeadLetter } from './dead-letter-fields.js';

/** A dead letter as `/v1/dead-letters` shows it. */
export interface KeptDeadLetter extends Omit<DeadLetter, 'frame'> {
  /** Names it for `inspect`, `replay` and `drop`: `<partition>:<entry id>`. */
  readonly id: string;
  readonly partition: PartitionName;
  /** When it was put aside, ms since the epoch on Redis' clock. */
  readonly at: number;
  readonly source: string | undefined;
  /** The event as it was accepted; undefined where its frame cannot be read. Wide integers are bigint. */
  readonly event: Readonly<Record<string, unknown>> | undefined;
}

export interface DeadLetterQuery {
  readonly partitions: readonly PartitionName[];
  /** Only those of this group, as `group@version`, or `group` for all of its versions. */
  readonly group?: string;
  readonly limit: number;
  /** The id of the last one seen: goes on after it. */
  readonly after?: string;
}

const PAGE = 200;
/** When to replay again where the mailbox was full: a person, or a script over some letters, needs no drain rate. */
const RETRY_AFTER_MS = 1_000;

const replayDeadLetter = RedisScript.beside(import.meta.url, 'replay-dead-letter');
const dropDeadLetter = RedisScript.beside(import.meta.url, 'drop-dead-letter');

/** What operators do with events that could not be applied. */
export class DeadLetters {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #wake: (partitions: readonly PartitionName[]) => Promise<void>;
  readonly #mailbox: MailboxLimits;

  /**
   * @param wake as `TurnDispatcher.wake`: a replayed letter is mail.
   * @param mailbox as ingest has it: what a mailbox holds before nothing more is put there.
   */
  constructor(
    redis: RedisConnection,
    keys: Keys,
    wake: (partitions: readonly PartitionName[]) => Promise<void>,
    mailbox: MailboxLimits = EVENT_LOG_LIMITS,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#wake = wake;
    this.#mailbox = mailbox;
  }

  /**
   * Dead letters in the order of the partitions given, oldest first within each.
   * @throws MillraceError BAD_REQUEST where `after` is no id of these partitions.
   */
  async list(query: DeadLetterQuery): Promise<KeptDeadLetter[]> {
    const after = query.after === undefined ? undefined : parseId(query.after);
    const from = after ? query.partitions.indexOf(after.partition) : 0;
    if (from < 0 || (query.after !== undefined && !after))
      throw new MillraceError(
        'BAD_REQUEST',
        `after: expected an id as the page before ended with, like airport.3:1767225600000-0, got ${JSON.stringify(query.after?.slice(0, 100))}`,
      );
    const letters: KeptDeadLetter[] = [];
    for (const partition of query.partitions.slice(from)) {
      let last = after?.partition === partition ? after.entry : undefined;
      for (;;) {
        const page = await this.#page(partition, last);
        for (const letter of page) {
          if (!isOf(query.group, letter)) continue;
          if (letters.length === query.limit) return letters;
          letters.push(letter);
        }
        if (page.length < PAGE) break;
        last = parseId((page.at(-1) as KeptDeadLetter).id)?.entry;
      }
    }
    return letters;
  }

  /** One dead letter, or undefined where there is none of that id. */
  async inspect(id: string): Promise<KeptDeadLetter | undefined> {
    const parsed = parseId(id);
    if (!parsed) return undefined;
    const { partition, entry } = parsed;
    const [found] = await this.#range(partition, entry, entry, 1);
    return found && keptLetter(partition, found);
  }

  /**
   * Puts a letter back into the log, for the group that could not apply it and for no other: those that could
   * did so already. Answers whether there was such a letter.
   * @throws MillraceError MAILBOX_FULL: the letter stays where it is.
   */
  async replay(id: string): Promise<boolean> {
    const parsed = parseId(id);
    if (!parsed) return false;
    const { partition, entry } = parsed;
    const keys = [this.#keys.dead(partition), this.#keys.log(partition), this.#keys.meta(partition)];
    const reply = await replayDeadLetter
      .run(this.#redis, keys, [
        entry,
        this.#keys.mailPrefix,
        this.#mailbox.mailboxFrames,
        this.#mailbox.mailboxBytes,
      ])
      .catch((error: unknown) => {
        throw unavailable(error);
      });
    const [tag, ...rest] = reply as [Buffer?, ...number[]];
    if (tag === undefined) return false;
    if (tag.toString('latin1') === 'full') {
      const [frames, bytes] = rest;
      const message = `the mailbox of ${partition} is full: ${frames} frames, ${bytes} bytes wait; the letter stays`;
      throw new MillraceError('MAILBOX_FULL', message, { retryAfterMs: RETRY_AFTER_MS, partition });
    }
    if (rest[0] === 1) await this.#wake([partition]);
    return true;
  }

  /** Deletes a letter: its event never takes effect in that group. Answers whether there was such a letter. */
  async drop(id: string): Promise<boolean> {
    const parsed = parseId(id);
    if (!parsed) return false;
    const { partition, entry } = parsed;
    const keys = [this.#keys.dead(partition), this.#keys.meta(partition)];
    const dropped = await dropDeadLetter.run(this.#redis, keys, [entry]).catch((error: unknown) => {
      throw unavailable(error);
    });
    return dropped === 1;
  }

  async #page(partition: PartitionName, after: EntryId | undefined): Promise<KeptDeadLetter[]> {
    const entries = await this.#range(partition, after ? `(${after}` : '-', '+', PAGE);
    return entries.map((entry) => keptLetter(partition, entry));
  }

  async #range(
    partition: PartitionName,
    from: string,
    to: string,
    count: number,
  ): Promise<[id: Buffer, fields: Buffer[]][]> {
    const reply = await this.#redis
      .xrangeBuffer(this.#keys.dead(partition), from, to, 'COUNT', count)
      .catch((error: unknown) => {
        throw unavailable(error);
      });
    return reply;
  }
}

/** Whether a letter belongs to a group, named with or without a version. */
function isOf(group: string | undefined, letter: KeptDeadLetter): boolean {
  return group === undefined || letter.group === group || letter.group?.startsWith(`${group}@`) === true;
}

function parseId(id: string): { partition: PartitionName; entry: EntryId } | undefined {
  const colon = id.lastIndexOf(':');
  const [partition, entry] = [id.slice(0, Math.max(0, colon)), id.slice(colon + 1)];
  if (!parsePartitionName(partition) || !isEntryId(entry)) return undefined;
  return { partition: partition as PartitionName, entry };
}

function keptLetter(partition: PartitionName, [id, fields]: [Buffer, Buffer[]]): KeptDeadLetter {
  const entry = id.toString('latin1');
  const { frame: bytes, ...letter } = readDeadLetter(fields);
  const frame = readFrame(bytes);
  return {
    ...letter,
    id: `${partition}:${entry}`,
    partition,
    at: Number(entry.split('-')[0]),
    source: frame?.source,
    event: frame?.event,
  };
}

function readFrame(bytes: Buffer): { source: string; event: Record<string, unknown> } | undefined {
  try {
    const frame = decodeFrame(bytes);
    return { source: frame.source, event: frame.row(0) };
  } catch (error) {
    if (error instanceof CorruptFrameError) return undefined;
    throw error;
  }
}
