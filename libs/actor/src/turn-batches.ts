/**
 * The batches of one turn: what frames of the log make of the actors that they name, ready for the commit.
 * Nothing is written here but activations, which are worth nothing until the commit was made (I2).
 */
import { CorruptFrameError, decodeFrame } from '@millrace/core';
import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import { Activation } from './activation.js';
import type { PartitionActivations } from './activation-cache.js';
import type { ActorStates, ActorStore, Generation, LogEntry, TurnOutcome } from './actor-store.js';
import { applyFrames, packStates, type Effects, type ReadFrame } from './apply-frames.js';
import type { DeadLetter } from './dead-letter.js';
import type { GroupProgress } from './group-progress.js';
import type { TurnLimits } from './turn-limits.js';
import type { TurnObserver } from './turn-observer.js';
import type { TurnGroup } from './turn-program.js';
import type { WorkPlace } from './work-gate.js';

/** What a batch did, before the turn adds what all its batches share. */
export interface Batch {
  readonly outcome: Pick<TurnOutcome, 'offset' | 'applied' | 'actors' | 'deadLetters'>;
  readonly traceparents: readonly string[];
}

export interface BatchParts {
  readonly store: ActorStore;
  readonly limits: TurnLimits;
  readonly elapsedMs: () => number;
  readonly observer?: TurnObserver;
  readonly place: WorkPlace;
}

type States = readonly (Uint8Array | null)[];

/** A group that is behind, and the entry after which it goes on. */
export interface Behind {
  readonly field: string;
  readonly after: EntryId;
}

type BatchOf = (effects: Effects, actors: readonly ActorStates[]) => Batch;

const NOTHING = { frames: 0, events: 0, bytes: 0, tooLate: 0, beyondHorizon: 0 };

/** A batch that changes nothing but the progress. */
export function progressOnly(offset: EntryId): Batch {
  return { outcome: { offset, applied: NOTHING, actors: [], deadLetters: [] }, traceparents: [] };
}

export class TurnBatches {
  readonly #parts: BatchParts;
  readonly #partition: PartitionName;
  readonly #generation: Generation;
  readonly #progress: GroupProgress;

  constructor(parts: BatchParts, partition: PartitionName, generation: Generation, progress: GroupProgress) {
    this.#parts = parts;
    this.#partition = partition;
    this.#generation = generation;
    this.#progress = progress;
  }

  /** The next frames of the mailbox, for every group that is live. */
  live(entries: readonly LogEntry[], activations: PartitionActivations): Promise<LoadedBatch> {
    const { frames, corrupt } = decodeEntries(entries);
    const { program } = activations;
    let events = 0;
    let beyondHorizon = 0;
    for (const { entry, frame } of frames) {
      events += frame.size - entry.duplicates.length;
      const horizonMs = program.dedupHorizonMs(frame.source) ?? this.#parts.limits.dedupHorizonMs;
      beyondHorizon += countBefore(frame.eventTime, appendTimeOf(entry.id) - horizonMs);
    }
    const bytes = entries.reduce((sum, entry) => sum + entry.frame.length, 0);
    return this.#load(
      frames,
      activations,
      (group) => this.#progress.isLive(group.field),
      (effects, actors) => ({
        outcome: {
          offset: (entries.at(-1) as LogEntry).id,
          applied: { frames: entries.length, events, bytes, tooLate: effects.tooLate, beyondHorizon },
          actors,
          deadLetters: [...corrupt, ...effects.deadLetters],
        },
        traceparents: frames.flatMap(({ frame }) => frame.traceparent ?? []),
      }),
    );
  }

  /**
   * Frames that the live groups applied before, for the one group that is behind.
   * @param offset up to where the live groups have come.
   */
  async history(
    { field, after }: Behind,
    offset: EntryId,
    activations: PartitionActivations,
  ): Promise<LoadedBatch> {
    const { store, limits } = this.#parts;
    const entries = await store.readHistory(this.#partition, after, offset, limits.batch);
    // A corrupt frame became a dead letter when the live groups met it.
    const { frames } = decodeEntries(entries);
    return this.#load(
      frames,
      activations,
      (group) => group.field === field,
      ({ tooLate, deadLetters }, actors) => {
        this.#progress.advance(field, entries.at(-1)?.id ?? offset, offset);
        return {
          outcome: { offset, applied: { ...NOTHING, tooLate }, actors, deadLetters },
          traceparents: [],
        };
      },
    );
  }

  async #load(
    frames: readonly DecodedEntry[],
    activations: PartitionActivations,
    takesPart: (group: TurnGroup) => boolean,
    batchOf: BatchOf,
  ): Promise<LoadedBatch> {
    const activate = async (): Promise<readonly ReadFrame[]> => {
      const read = await this.#activate(frames, activations);
      this.#parts.observer?.step?.('loaded', this.#partition);
      await this.#parts.place.alone();
      return read;
    };
    const pack = (effects: Effects): Batch => batchOf(effects, this.#pack(effects, activations));
    return new LoadedBatch(await activate(), activate, activations, takesPart, pack);
  }

  #pack(effects: Effects, activations: PartitionActivations): readonly ActorStates[] {
    const actors = packStates(effects.changed, this.#parts.elapsedMs());
    for (const { activation } of effects.changed) activations.measure(activation);
    this.#parts.observer?.step?.('applied', this.#partition);
    return actors;
  }

  async #activate(frames: readonly DecodedEntry[], activations: PartitionActivations): Promise<ReadFrame[]> {
    const missing = new Set<string>();
    const read = frames.map(({ entry, frame }) => {
      const actors: (Activation | undefined)[] = [];
      for (const id of frame.entityIds) {
        const activation = activations.use(id);
        actors.push(activation);
        if (!activation) missing.add(id);
      }
      return { entry, frame, actors };
    });
    if (missing.size > 0) {
      const ids = [...missing];
      const states = await this.#loadStates(activations.program.fields, ids);
      ids.forEach((id, i) => activations.add(new Activation(id, states[i] as States)));
      for (const { frame, actors } of read) {
        for (let i = 0; i < actors.length; i++) actors[i] ??= activations.use(frame.entityIds[i] as string);
      }
    }
    return read as ReadFrame[];
  }

  async #loadStates(fields: readonly string[], ids: readonly string[]): Promise<readonly States[]> {
    return fields.length === 0
      ? ids.map(() => [])
      : this.#parts.store.load(this.#partition, fields, ids, this.#generation);
  }
}

/** Frames whose actors are in memory. */
export class LoadedBatch {
  #frames: readonly ReadFrame[];
  readonly #careful = new Set<TurnGroup>();

  constructor(
    frames: readonly ReadFrame[],
    /** The same frames, their actors loaded anew. */
    private readonly activate: () => Promise<readonly ReadFrame[]>,
    private readonly activations: PartitionActivations,
    private readonly takesPart: (group: TurnGroup) => boolean,
    private readonly pack: (effects: Effects) => Batch,
  ) {
    this.#frames = frames;
  }

  /**
   * Applies the frames without waiting for anything, so that their commit may leave before another partition is at work.
   * Undefined where a group threw: see `applyCarefully`.
   */
  apply(): Batch | undefined {
    const { activations } = this;
    const effects = applyFrames(activations.program, this.#frames, this.takesPart, this.#careful);
    if (effects.kind === 'applied') return this.pack(effects);
    this.#careful.add(effects.group);
    // What the failed attempt changed must not stay: the states are those of the last commit again.
    activations.evict(activations.count);
    return undefined;
  }

  /** Applies them again, with more care for the groups that threw. */
  async applyCarefully(): Promise<Batch> {
    for (;;) {
      this.#frames = await this.activate();
      const batch = this.apply();
      if (batch) return batch;
    }
  }
}

/** The time on Redis' clock when an entry was appended. */
export function appendTimeOf(entry: EntryId): number {
  return Number(entry.slice(0, entry.indexOf('-')));
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

function countBefore(times: Float64Array, bound: number): number {
  let count = 0;
  for (let i = 0; i < times.length; i++) if ((times[i] as number) < bound) count++;
  return count;
}
