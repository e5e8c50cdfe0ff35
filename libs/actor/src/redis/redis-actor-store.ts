import { MillraceError } from '@millrace/core';
import {
  connected,
  RedisScript,
  type Keys,
  type PartitionName,
  type RedisConnection,
  type ScriptArgument,
} from '@millrace/redis';
import { unavailable, type EntryId } from '@millrace/stream';
import { OvertakenError } from '../actor-store.js';
import type {
  ActorStore,
  BegunTurn,
  CommitPermit,
  CommitResult,
  Generation,
  LogEntry,
  ReadLimits,
  TurnOutcome,
} from '../actor-store.js';
import { deadLetterFields } from './dead-letter-fields.js';
import { readEntry, type EntryReply } from './log-entry-reply.js';
import { addActors, packIds, unpackStates } from './actor-arguments.js';

const beginTurn = RedisScript.beside(import.meta.url, 'begin-turn');
const loadStates = RedisScript.beside(import.meta.url, 'load-states');
const readHistory = RedisScript.beside(import.meta.url, 'read-history');
const endTurn = RedisScript.beside(import.meta.url, 'end-turn');
const commitTurn = RedisScript.beside(import.meta.url, 'commit-turn');

/** Of one partition; at either limit the oldest letters go, and are counted. */
interface DeadLetterLimits {
  readonly count: number;
  /** Of all that is kept of them: the events themselves, and why they could not be applied. */
  readonly bytes: number;
}

/** 8 MiB hold 10,000 letters of 800 bytes; 16 full partitions are 128 MiB. */
const DEAD_LETTER_LIMITS: DeadLetterLimits = { count: 10_000, bytes: 8 * 1024 * 1024 };

/** Five attempts to connect. */
const CONNECTED_MS = 1_000;

/** How long frames stay after they were applied, so that groups to come can catch up from them. */
interface HistoryLimits {
  readonly retentionMs: number;
  /** Of one partition; the frames go earlier where they would take more. */
  readonly bytes: number;
}

/** An hour, and 4 MiB a partition: 64 MiB for an entity of 16, some 80,000 events each. */
const HISTORY_LIMITS: HistoryLimits = { retentionMs: 3_600_000, bytes: 4 * 1024 * 1024 };

/** Actor states in Redis hashes, beside the log they come from. Each method is one script. */
export class RedisActorStore implements ActorStore {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #history: HistoryLimits;
  readonly #deadLetters: DeadLetterLimits;

  constructor(
    redis: RedisConnection,
    keys: Keys,
    limits: { readonly history?: HistoryLimits; readonly deadLetters?: DeadLetterLimits } = {},
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#history = limits.history ?? HISTORY_LIMITS;
    this.#deadLetters = limits.deadLetters ?? DEAD_LETTER_LIMITS;
  }

  async begin(partition: PartitionName, worker: string, limits: ReadLimits): Promise<BegunTurn> {
    await this.#connected();
    const [generation, offset, committer, entries, progress, tries, idleMs] = (await this.#run(
      beginTurn,
      [this.#keys.meta(partition), this.#keys.log(partition)],
      [worker, limits.events, limits.bytes],
    )) as [number, Buffer, Buffer, EntryReply[], Buffer, number, number];
    return {
      generation: generation as Generation,
      tries,
      idleMs,
      offset: offset.toString('latin1') as EntryId,
      committer: committer.length > 0 ? committer.toString('utf8') : undefined,
      entries: entries.map(readEntry),
      progress: progress.toString('utf8'),
    };
  }

  /**
   * After a loss the queue's connection may be back before this one and hand out turns. One that fails pays a pause
   * before it is repeated, which is longer than the wait.
   */
  async #connected(): Promise<void> {
    await connected(this.#redis, CONNECTED_MS).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  async load(
    partition: PartitionName,
    fields: readonly string[],
    entityIds: readonly string[],
    generation?: Generation,
  ): Promise<readonly (readonly (Buffer | null)[])[]> {
    if (entityIds.length === 0) return [];
    const reply = await this.#run(
      loadStates,
      [this.#keys.meta(partition)],
      [this.#keys.actorPrefix(partition), generation ?? '', fields.length, ...fields, packIds(entityIds)],
    );
    if (reply === null) throw new OvertakenError(`another turn of ${partition} began`);
    return unpackStates(reply as Buffer, entityIds.length, fields.length);
  }

  async readHistory(
    partition: PartitionName,
    after: EntryId,
    upTo: EntryId,
    limits: ReadLimits,
  ): Promise<readonly LogEntry[]> {
    const reply = await this.#run(
      readHistory,
      [this.#keys.log(partition)],
      [after, upTo, limits.events, limits.bytes],
    );
    return (reply as EntryReply[]).map(readEntry);
  }

  async commit(permit: CommitPermit, outcome: TurnOutcome, limits: ReadLimits): Promise<CommitResult> {
    const { partition } = permit;
    const args: ScriptArgument[] = [
      permit.generation,
      permit.readAfter,
      outcome.offset,
      outcome.committer,
      outcome.applied.frames,
      outcome.applied.events,
      outcome.applied.bytes,
      outcome.applied.tooLate,
      outcome.applied.beyondHorizon,
      outcome.forgetAfterMs ?? 0,
      limits.events,
      limits.bytes,
      this.#deadLetters.count,
      this.#keys.actorPrefix(partition),
      outcome.progress,
      outcome.keep ?? '',
      this.#history.retentionMs,
      this.#history.bytes,
      outcome.lingers ? 1 : 0,
      permit.readProgress === outcome.progress ? '=' : permit.readProgress,
      this.#deadLetters.bytes,
      outcome.fields.length,
      ...outcome.fields,
      outcome.deadLetters.length,
    ];
    for (const letter of outcome.deadLetters) {
      const fields = deadLetterFields(letter);
      args.push(fields.length, ...fields);
    }
    addActors(args, outcome.actors);
    return this.#result(
      commitTurn,
      [this.#keys.meta(partition), this.#keys.log(partition), this.#keys.dead(partition)],
      args,
    );
  }

  end(permit: CommitPermit, limits: ReadLimits): Promise<CommitResult> {
    const { partition, generation, readAfter } = permit;
    return this.#result(
      endTurn,
      [this.#keys.meta(partition), this.#keys.log(partition)],
      [generation, readAfter, limits.events, limits.bytes],
    );
  }

  async #result(
    script: RedisScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<CommitResult> {
    const reply = (await this.#run(script, keys, args)) as [Buffer, unknown];
    const tag = reply[0].toString('latin1');
    switch (tag) {
      case 'committed':
        return { kind: 'committed', next: (reply[1] as EntryReply[]).map(readEntry) };
      case 'stale':
        return { kind: 'stale-generation', newest: reply[1] as number };
      case 'moved':
        return { kind: 'offset-moved', offset: String(reply[1]) as EntryId };
      default:
        throw new MillraceError('INTERNAL', `${script.name} answered ${tag}`);
    }
  }

  #run(script: RedisScript, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return script.run(this.#redis, keys, args).catch((error: unknown) => {
      throw unavailable(error);
    });
  }
}
