import { MillraceError } from '@millrace/core';
import {
  RedisScript,
  type Keys,
  type PartitionName,
  type RedisConnection,
  type ScriptArgument,
} from '@millrace/redis';
import { unavailable, type EntryId } from '@millrace/stream';
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
import { packActors, packIds } from './packed-actors.js';

const beginTurn = RedisScript.beside(import.meta.url, 'begin-turn');
const loadStates = RedisScript.beside(import.meta.url, 'load-states');
const commitTurn = RedisScript.beside(import.meta.url, 'commit-turn');

/** Dead letters of one partition; at the limit the oldest go, counted in `dead_dropped`. */
const DEAD_LETTERS_MAX = 10_000;

/** Actor states in Redis hashes, beside the log they come from. Each method is one script. */
export class RedisActorStore implements ActorStore {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;

  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async begin(partition: PartitionName, worker: string, limits: ReadLimits): Promise<BegunTurn> {
    const [generation, offset, committer, entries] = (await this.#run(
      beginTurn,
      [this.#keys.meta(partition), this.#keys.log(partition)],
      [worker, limits.events, limits.bytes],
    )) as [number, Buffer, Buffer, EntryReply[]];
    return {
      generation: generation as Generation,
      offset: offset.toString('latin1') as EntryId,
      committer: committer.length > 0 ? committer.toString('utf8') : undefined,
      entries: entries.map(readEntry),
    };
  }

  async load(
    partition: PartitionName,
    fields: readonly string[],
    entityIds: readonly string[],
  ): Promise<readonly (readonly (Buffer | null)[])[]> {
    if (entityIds.length === 0) return [];
    const reply = await this.#run(
      loadStates,
      [this.#keys.meta(partition)],
      [this.#keys.actorPrefix(partition), fields.length, ...fields, packIds(entityIds)],
    );
    return reply as (Buffer | null)[][];
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
      DEAD_LETTERS_MAX,
      this.#keys.actorPrefix(partition),
      outcome.fields.length,
      ...outcome.fields,
      outcome.deadLetters.length,
    ];
    for (const letter of outcome.deadLetters) {
      const fields = deadLetterFields(letter);
      args.push(fields.length, ...fields);
    }
    args.push(packActors(outcome.actors));
    const reply = (await this.#run(
      commitTurn,
      [this.#keys.meta(partition), this.#keys.log(partition), this.#keys.dead(partition)],
      args,
    )) as [Buffer, unknown];
    const tag = reply[0].toString('latin1');
    switch (tag) {
      case 'committed':
        return { kind: 'committed', next: (reply[1] as EntryReply[]).map(readEntry) };
      case 'stale':
        return { kind: 'stale-generation', newest: reply[1] as number };
      case 'moved':
        return { kind: 'offset-moved', offset: String(reply[1]) as EntryId };
      default:
        throw new MillraceError('INTERNAL', `commit-turn answered ${tag}`);
    }
  }

  #run(script: RedisScript, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return script.run(this.#redis, keys, args).catch((error: unknown) => {
      throw unavailable(error);
    });
  }
}

type EntryReply = [id: Buffer, frame: Buffer, duplicates: Buffer, onlyGroup: Buffer];

function readEntry([id, frame, duplicates, onlyGroup]: EntryReply): LogEntry {
  const entry = {
    id: id.toString('latin1') as EntryId,
    frame,
    duplicates: duplicates.length > 0 ? duplicates.toString('latin1').split(',').map(Number) : [],
  };
  return onlyGroup.length > 0 ? { ...entry, onlyGroup: onlyGroup.toString('utf8') } : entry;
}
