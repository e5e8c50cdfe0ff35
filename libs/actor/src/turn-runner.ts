/**
 * A turn: takes the next generation of a partition, applies its mailbox batch by batch, commits each.
 *
 * Invariants that are kept here:
 * - I1: every commit carries the generation that `begin` gave; a refused one ends the turn.
 * - I2: nothing is written but through `commit`; after a failure nothing in memory is used again.
 * - I6: a turn ends after its time budget; a batch is bounded in events and bytes.
 */
import { CorruptFrameError, decodeFrame, MillraceError } from '@millrace/core';
import { parsePartitionName, type PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import { Activation } from './activation.js';
import type { ActivationCache, PartitionActivations } from './activation-cache.js';
import type {
  ActorStates,
  ActorStore,
  BegunTurn,
  CommitPermit,
  LogEntry,
  ReadLimits,
  TurnOutcome,
} from './actor-store.js';
import { applyFrames, packStates, type Effects, type ReadFrame } from './apply-frames.js';
import type { DeadLetter } from './dead-letter.js';
import { GroupProgress } from './group-progress.js';
import type { MailboxWatch } from './mailbox-watch.js';
import type { TurnGroup, TurnProgram } from './turn-program.js';
import { TURNS_AT_WORK, WorkGate } from './work-gate.js';

export interface TurnLimits {
  /** What one batch reads. Default 8,192 events or 8 MiB: some 50 ms of work, some MiB of states to commit. */
  readonly batch: ReadLimits;
  /** After how long a turn hands the partition back, so that others get theirs; default 100 ms. */
  readonly budgetMs: number;
  /** For how long a turn without mail waits for more before it ends; default 25 ms. */
  readonly lingerMs: number;
  /** As ingest has it: events that are older than this when they arrive may be forgotten repetitions. */
  readonly dedupHorizonMs: number;
}

export const TURN_LIMITS: TurnLimits = {
  batch: { events: 8_192, bytes: 8 * 1024 * 1024 },
  budgetMs: 100,
  lingerMs: 25,
  dedupHorizonMs: 600_000,
};

/** How a turn ended, and so what its caller does next. */
export type TurnEnd =
  /** The mailbox is empty and the partition asleep. */
  | { readonly kind: 'drained' }
  /** There is more, and the budget is used up: wake the partition again. */
  | { readonly kind: 'yielded' }
  /** Another turn of the partition began, or its history changed: nothing to do. */
  | { readonly kind: 'superseded' };

/** The steps of a turn, in their order; each is reported when it is done. */
export type TurnStep = 'begun' | 'loaded' | 'applied' | 'committed';

export interface CommittedBatch {
  readonly frames: number;
  readonly events: number;
  readonly tooLate: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly actors: number;
  /** When Redis took the newest frame of the batch, ms since the epoch on Redis' clock. */
  readonly appendedAt: number;
  /** The traces of the requests that brought the frames, in W3C form; most frames have none. */
  readonly traceparents: readonly string[];
}

/** What metrics, traces and fault tests see of turns. */
export interface TurnObserver {
  step?(step: TurnStep, partition: PartitionName): void;
  committed?(partition: PartitionName, batch: CommittedBatch): void;
  refused?(partition: PartitionName, why: 'stale-generation' | 'offset-moved'): void;
}

export interface TurnRunnerParts {
  readonly store: ActorStore;
  readonly cache: ActivationCache;
  /** The program of an entity under the plan that holds now; undefined where there is none. */
  readonly program: (entity: string) => TurnProgram | undefined;
  /** Names this process; unique among all that ever ran. */
  readonly worker: string;
  /** Monotonic ms, for the budget alone. */
  readonly elapsedMs: () => number;
  readonly limits?: TurnLimits;
  readonly observer?: TurnObserver;
  /** Where turns wait for more mail; absent: a turn ends as soon as it has none. */
  readonly watch?: MailboxWatch;
}

export class TurnRunner {
  readonly #parts: TurnRunnerParts;
  readonly #limits: TurnLimits;
  readonly #observer: TurnObserver;
  readonly #gate = new WorkGate(TURNS_AT_WORK);

  constructor(parts: TurnRunnerParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? TURN_LIMITS;
    this.#observer = parts.observer ?? {};
  }

  /**
   * Runs one turn of a partition.
   * @param mayGoOn asked between batches: false ends the turn early, as a drain does.
   * @throws whatever the store throws; the turn is then to be repeated as a whole.
   */
  async run(partition: PartitionName, mayGoOn: () => boolean = () => true): Promise<TurnEnd> {
    await this.#gate.enter();
    try {
      return await this.#work(partition, mayGoOn);
    } finally {
      this.#gate.leave();
    }
  }

  async #work(partition: PartitionName, mayGoOn: () => boolean): Promise<TurnEnd> {
    const startedMs = this.#parts.elapsedMs();
    const program = this.#programOf(partition);
    const begun = await this.#parts.store.begin(partition, this.#parts.worker, this.#limits.batch);
    this.#observer.step?.('begun', partition);
    const activations = this.#parts.cache.take(partition, program, begun.committer);
    let end: TurnEnd | undefined;
    try {
      end = await this.#drain(partition, begun, activations, () => {
        return mayGoOn() && this.#parts.elapsedMs() - startedMs < this.#limits.budgetMs;
      });
    } finally {
      if (end && end.kind !== 'superseded') this.#parts.cache.put(partition, activations);
      else this.#parts.cache.discard(activations);
    }
    return end;
  }

  async #drain(
    partition: PartitionName,
    begun: BegunTurn,
    activations: PartitionActivations,
    mayGoOn: () => boolean,
  ): Promise<TurnEnd> {
    const { program } = activations;
    const committer = `${this.#parts.worker}:${begun.generation}`;
    const progress = GroupProgress.begin(begun.progress, program, begun.offset);
    let { entries, offset } = begun;
    let written = begun.progress;
    let caughtUpLast = true;
    for (;;) {
      const behind = progress.behind(program.fields);
      // In turns, so that neither the live events nor a group that catches up waits for the other's end.
      const live: boolean = entries.length > 0 && (behind === undefined || caughtUpLast);
      if (!live && behind === undefined && progress.toString() === written) return { kind: 'drained' };
      const batch: Batch = live
        ? await this.#liveBatch(partition, entries, activations, progress)
        : await this.#historyBatch(partition, behind, offset, activations, progress);
      const outcome: TurnOutcome = {
        ...batch.outcome,
        committer,
        fields: program.fields,
        progress: progress.toString(),
        keep: progress.keep,
        lingers: this.#parts.watch !== undefined,
        ...(program.forgetAfterMs !== undefined && { forgetAfterMs: program.forgetAfterMs }),
      };
      const permit: CommitPermit = { partition, generation: begun.generation, readAfter: offset };
      const result = await this.#parts.store.commit(permit, outcome, this.#limits.batch);
      if (result.kind !== 'committed') {
        this.#observer.refused?.(partition, result.kind);
        return { kind: 'superseded' };
      }
      activations.committer = committer;
      this.#observer.step?.('committed', partition);
      this.#observer.committed?.(partition, {
        ...outcome.applied,
        deadLetters: outcome.deadLetters,
        actors: outcome.actors.length,
        appendedAt: appendTimeOf(outcome.offset),
        traceparents: batch.traceparents,
      });
      entries = result.next;
      ({ offset } = outcome);
      written = outcome.progress;
      caughtUpLast = !live;
      const more = (): boolean => entries.length > 0 || progress.behind(program.fields) !== undefined;
      if (!more() && this.#parts.watch) {
        if (mayGoOn()) await this.#linger(this.#parts.watch, partition, offset);
        const ended = await this.#parts.store.end({ ...permit, readAfter: offset }, this.#limits.batch);
        if (ended.kind !== 'committed') return { kind: 'superseded' };
        entries = ended.next;
      }
      if (more() && !mayGoOn()) return { kind: 'yielded' };
    }
  }

  /** Waits for more mail, and lets another turn work meanwhile. */
  async #linger(watch: MailboxWatch, partition: PartitionName, offset: EntryId): Promise<void> {
    this.#gate.leave();
    try {
      await watch.wait(partition, offset, this.#limits.lingerMs);
    } finally {
      await this.#gate.enter();
    }
  }

  /** The next frames of the mailbox, applied by every group that is live. */
  async #liveBatch(
    partition: PartitionName,
    entries: readonly LogEntry[],
    activations: PartitionActivations,
    progress: GroupProgress,
  ): Promise<Batch> {
    const { frames, corrupt } = decodeEntries(entries);
    const takesPart = (group: TurnGroup): boolean => progress.isLive(group.field);
    const effects = await this.#apply(partition, frames, activations, takesPart);
    const last = entries.at(-1) as LogEntry;
    let events = 0;
    let beyondHorizon = 0;
    for (const { entry, frame } of frames) {
      events += frame.size - entry.duplicates.length;
      beyondHorizon += countBefore(frame.eventTime, appendTimeOf(entry.id) - this.#limits.dedupHorizonMs);
    }
    return {
      outcome: {
        offset: last.id,
        applied: {
          frames: entries.length,
          events,
          bytes: entries.reduce((sum, entry) => sum + entry.frame.length, 0),
          tooLate: effects.tooLate,
          beyondHorizon,
        },
        actors: this.#pack(partition, effects, activations),
        deadLetters: [...corrupt, ...effects.deadLetters],
      },
      traceparents: frames.flatMap(({ frame }) => frame.traceparent ?? []),
    };
  }

  /** Frames that the live groups applied before, for the one group that is behind; none: only the progress. */
  async #historyBatch(
    partition: PartitionName,
    behind: { readonly field: string; readonly after: EntryId } | undefined,
    offset: EntryId,
    activations: PartitionActivations,
    progress: GroupProgress,
  ): Promise<Batch> {
    const nothing = { frames: 0, events: 0, bytes: 0, tooLate: 0, beyondHorizon: 0 };
    if (!behind)
      return { outcome: { offset, applied: nothing, actors: [], deadLetters: [] }, traceparents: [] };
    const { field, after } = behind;
    const entries = await this.#parts.store.readHistory(partition, after, offset, this.#limits.batch);
    // A corrupt frame became a dead letter when the live groups met it.
    const { frames } = decodeEntries(entries);
    const effects = await this.#apply(partition, frames, activations, (group) => group.field === field);
    progress.advance(field, entries.at(-1)?.id ?? offset, offset);
    return {
      outcome: {
        offset,
        applied: { ...nothing, tooLate: effects.tooLate },
        actors: this.#pack(partition, effects, activations),
        deadLetters: effects.deadLetters,
      },
      traceparents: [],
    };
  }

  #pack(
    partition: PartitionName,
    effects: Effects,
    activations: PartitionActivations,
  ): readonly ActorStates[] {
    const actors = packStates(effects.changed);
    for (const { activation } of effects.changed) activations.measure(activation);
    this.#observer.step?.('applied', partition);
    return actors;
  }

  /** Activates the actors and applies the frames; where a group throws, again and with more care. */
  async #apply(
    partition: PartitionName,
    frames: readonly DecodedEntry[],
    activations: PartitionActivations,
    takesPart: (group: TurnGroup) => boolean,
  ): Promise<Effects> {
    const { program } = activations;
    const careful = new Set<TurnGroup>();
    for (;;) {
      const read = await this.#activate(partition, frames, activations);
      this.#observer.step?.('loaded', partition);
      const effects = applyFrames(program, read, takesPart, careful);
      if (effects.kind === 'applied') return effects;
      careful.add(effects.group);
      // What the failed attempt changed must not stay: the states are those of the last commit again.
      activations.evict(activations.count);
    }
  }

  async #activate(
    partition: PartitionName,
    frames: readonly DecodedEntry[],
    activations: PartitionActivations,
  ): Promise<ReadFrame[]> {
    const missing = new Set<string>();
    const actorsOf = frames.map(({ frame }) =>
      frame.entityIds.map((id) => {
        const activation = activations.use(id);
        if (!activation) missing.add(id);
        return activation;
      }),
    );
    const ids = [...missing];
    const states = await this.#load(partition, activations.program.fields, ids);
    const loaded = new Map<string, Activation>();
    ids.forEach((id, i) => {
      const activation = new Activation(id, states[i] as readonly (Uint8Array | null)[]);
      activations.add(activation);
      loaded.set(id, activation);
    });
    return frames.map(({ entry, frame }, f) => ({
      entry,
      frame,
      actors: frame.entityIds.map((id, i) => (actorsOf[f]?.[i] ?? loaded.get(id)) as Activation),
    }));
  }

  async #load(
    partition: PartitionName,
    fields: readonly string[],
    ids: readonly string[],
  ): Promise<readonly (readonly (Uint8Array | null)[])[]> {
    if (fields.length === 0) return ids.map(() => []);
    return ids.length === 0 ? [] : this.#parts.store.load(partition, fields, ids);
  }

  #programOf(partition: PartitionName): TurnProgram {
    const entity = parsePartitionName(partition)?.entity ?? '';
    const program = this.#parts.program(entity);
    if (!program) {
      throw new MillraceError(
        'NOT_READY',
        `partition ${partition}: no entity ${entity} in the plan of this process`,
      );
    }
    return program;
  }
}

/** What a batch did, before the turn adds what all its batches share. */
interface Batch {
  readonly outcome: Pick<TurnOutcome, 'offset' | 'applied' | 'actors' | 'deadLetters'>;
  readonly traceparents: readonly string[];
}

interface DecodedEntry {
  readonly entry: LogEntry;
  readonly frame: ReadFrame['frame'];
}

function decodeEntries(entries: readonly LogEntry[]): {
  frames: readonly DecodedEntry[];
  corrupt: readonly DeadLetter[];
} {
  const frames: DecodedEntry[] = [];
  const corrupt: DeadLetter[] = [];
  for (const entry of entries) {
    try {
      frames.push({ entry, frame: decodeFrame(entry.frame) });
    } catch (error) {
      if (!(error instanceof CorruptFrameError)) throw error;
      corrupt.push({
        code: 'FRAME_CORRUPT',
        message: error.message,
        entry: entry.id,
        row: 0,
        frame: entry.frame,
      });
    }
  }
  return { frames, corrupt };
}

/** The time on Redis' clock when an entry was appended. */
function appendTimeOf(entry: EntryId): number {
  return Number(entry.slice(0, entry.indexOf('-')));
}

function countBefore(times: Float64Array, bound: number): number {
  let count = 0;
  for (let i = 0; i < times.length; i++) if ((times[i] as number) < bound) count++;
  return count;
}
