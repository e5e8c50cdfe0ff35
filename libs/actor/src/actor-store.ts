import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import type { DeadLetter } from './dead-letter.js';

/**
 * The place of a turn in the order of all turns of its partition. Only the store makes one, in `begin`; of
 * all that were ever made for a partition, the newest alone can commit (I1). None is made twice, also where a
 * failover lost the turn that had it.
 */
export type Generation = number & { readonly brand: unique symbol };

/** One entry of a partition's log, as a turn reads it. */
export interface LogEntry {
  readonly id: EntryId;
  readonly frame: Buffer;
  /** Rows whose ids were accepted before: they are in the frame and must not take effect. */
  readonly duplicates: readonly number[];
  /** The only group that may apply the frame, as `group@version`: a dead letter that is being replayed. */
  readonly onlyGroup?: string;
}

/** How much a turn reads at once; the first frame always, however large. */
export interface ReadLimits {
  readonly events: number;
  readonly bytes: number;
}

export interface BegunTurn {
  readonly generation: Generation;
  /** How many turns began at this offset with something to do, this one included; 0 where there is nothing. */
  readonly tries: number;
  /** ms since the newest frame was appended, by the clock of the store; very many before the first. */
  readonly idleMs: number;
  /** Everything up to here is in the states. */
  readonly offset: EntryId;
  /** Who committed that offset: the `committer` of its outcome. Undefined before the first commit. */
  readonly committer: string | undefined;
  /** The first frames after the offset; none where there is nothing to do. */
  readonly entries: readonly LogEntry[];
  /** How far the groups have come, as the last commit wrote it; empty before the first. */
  readonly progress: string;
}

/** Says that a turn may commit, and what it read. */
export interface CommitPermit {
  readonly partition: PartitionName;
  readonly generation: Generation;
  /** The offset after which the frames were read. */
  readonly readAfter: EntryId;
  /** The progress of the groups as it was then. */
  readonly readProgress: string;
}

export interface ActorStates {
  readonly entityId: string;
  /** Index into the outcome's `fields`, and the packed state. */
  readonly states: readonly (readonly [field: number, state: Uint8Array])[];
  /** A commit shortly before this one said when it is to be forgotten, so this one need not say it again. */
  readonly keepsExpiry?: boolean;
}

/** Counters of the partition: they change with the commit, so each event is counted exactly once. */
export interface AppliedCounts {
  readonly frames: number;
  readonly events: number;
  readonly bytes: number;
  /** Events, once for each group, that were older than everything that the group's windows can still see. */
  readonly tooLate: number;
  /**
   * Events that were older than the de-duplication horizon when they were appended: had one been appended
   * before, its id may have been forgotten.
   */
  readonly beyondHorizon: number;
}

/** Everything that a turn made of some frames. */
export interface TurnOutcome {
  /** The last frame applied; where only a group caught up, the offset as it was. */
  readonly offset: EntryId;
  /** How far the groups have come with this commit. */
  readonly progress: string;
  /** The turn goes on waiting for mail: the partition stays awake until it calls `end`. */
  readonly lingers?: boolean;
  /** The lowest entry that some group still has to come by: nothing after it is trimmed. */
  readonly keep?: EntryId | undefined;
  /** Names this commit to whoever begins the next turn: unique for each process and generation. */
  readonly committer: string;
  readonly applied: AppliedCounts;
  readonly fields: readonly string[];
  readonly actors: readonly ActorStates[];
  readonly deadLetters: readonly DeadLetter[];
  /** After how many ms without events an actor is forgotten; undefined for never. */
  readonly forgetAfterMs?: number | undefined;
}

export type CommitResult =
  | {
      readonly kind: 'committed';
      /** The frames after the new offset; none when the mailbox is empty and the partition asleep. */
      readonly next: readonly LogEntry[];
    }
  /** Another turn began since: nothing was written, and this turn ends. */
  | { readonly kind: 'stale-generation'; readonly newest: number }
  /** Offset or progress are not what was read (a failover lost commits): nothing was written, begin anew. */
  | { readonly kind: 'offset-moved'; readonly offset: EntryId };

/** Another turn of the partition began: this one ends. */
export class OvertakenError extends Error {}

/** Where actor states live between turns. Every adapter passes test/conformance/actor-store.ts. */
export interface ActorStore {
  /** Takes the next generation of the partition and reads its first frames. */
  begin(partition: PartitionName, worker: string, limits: ReadLimits): Promise<BegunTurn>;

  /**
   * The packed states of actors: per entity id, in order, one per field or null.
   * @param generation of the turn that asks: what a newer one committed is none of its business, since a failover
   * may lose that and take this turn's commit.
   * @throws OvertakenError where another turn began since.
   */
  load(
    partition: PartitionName,
    fields: readonly string[],
    entityIds: readonly string[],
    generation?: Generation,
  ): Promise<readonly (readonly (Uint8Array | null)[])[]>;

  /**
   * Ends a turn whose mailbox is empty and lets the partition fall asleep; else answers the next frames. Repeating
   * it is safe.
   */
  end(permit: CommitPermit, limits: ReadLimits): Promise<CommitResult>;

  /** Frames that were applied before, after one entry and up to another: for a group that catches up. */
  readHistory(
    partition: PartitionName,
    after: EntryId,
    upTo: EntryId,
    limits: ReadLimits,
  ): Promise<readonly LogEntry[]>;

  /**
   * Publishes one turn: states, committed offset, and dead letters become visible together or not at all
   * (I1, I2). Repeating a commit whose reply was lost answers `committed` again.
   */
  commit(permit: CommitPermit, outcome: TurnOutcome, limits: ReadLimits): Promise<CommitResult>;
}
