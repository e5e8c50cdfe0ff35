/**
 * A turn: takes the next generation of a partition, applies its mailbox batch by batch, commits each.
 *
 * Invariants that are kept here:
 * - I1: every commit carries the generation that `begin` gave; a refused one ends the turn.
 * - I2: nothing is written but through `commit`; after a failure nothing in memory is used again.
 * - I6: a turn ends after its time budget, which pauses and light batches begin anew, and after `holdMs` where others may
 *   want its partition. Where nobody does it may go on for days, and so holds nothing that grows: the cache counts its
 *   activations between its batches. A batch is bounded in events and bytes, and but for light ones a process works at few of them at a time.
 */
import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import { nameCommit, type ActivationCache, type PartitionActivations } from './activation-cache.js';
import {
  OvertakenError,
  type ActorStore,
  type BegunTurn,
  type CommitPermit,
  type LogEntry,
  type TurnOutcome,
} from './actor-store.js';
import { GroupProgress } from './group-progress.js';
import type { MailboxWatch } from './mailbox-watch.js';
import {
  appendTimeOf,
  progressOnly,
  TurnBatches,
  type Batch,
  type Behind,
  type LoadedBatch,
} from './turn-batches.js';
import type { TurnLimits } from './turn-limits.js';
import type { TurnObserver } from './turn-observer.js';
import type { TurnProgram } from './turn-program.js';
import type { WorkPlace } from './work-gate.js';

/** How a turn ended, and so what its caller does next. */
export type TurnEnd =
  /** The mailbox is empty and the partition asleep. */
  | { readonly kind: 'drained' }
  /** There is more, or may be, and the turn may not go on: wake the partition again. */
  | { readonly kind: 'yielded' }
  /** Another turn of the partition began, or its history changed: nothing to do. */
  | { readonly kind: 'superseded' };

/** What the process of a turn lets it do; asked between its batches. */
export interface TurnLeave {
  /** Told before the turn works, where `tries` of them began with the same mail (`BegunTurn.tries`), this one included. */
  readonly repeats?: (tries: number) => Promise<void>;
  /** False ends the turn early, as a drain does. */
  readonly mayGoOn: () => boolean;
  /** False ends a turn without mail: others wait for its place. */
  readonly mayLinger: () => boolean;
  /** False where others may want the partition: then the turn ends after `holdMs`. */
  readonly mayStay: () => boolean;
}

export interface TurnParts {
  readonly store: ActorStore;
  readonly cache: ActivationCache;
  readonly worker: string;
  readonly elapsedMs: () => number;
  readonly limits: TurnLimits;
  readonly observer?: TurnObserver;
  readonly watch?: MailboxWatch;
  /** Taken while the turn works, but for light batches. */
  readonly place: WorkPlace;
}

/** Mail up to this size is applied at once, beside whatever else is at work: some hundred events. */
const LIGHT_BYTES = 32 * 1024;

/** Different lengths of turns, from half of `holdMs` on. */
const HOLD_STEPS = 16;

/** States: *working*, *lingering* (without mail, its activations back in the cache), *ended*. */
export class Turn {
  readonly #parts: TurnParts;
  readonly #partition: PartitionName;
  readonly #program: TurnProgram;
  readonly #begun: BegunTurn;
  readonly #committer: string;
  readonly #progress: GroupProgress;
  readonly #batches: TurnBatches;
  readonly #startedMs: number;
  #activations: PartitionActivations;
  #entries: readonly LogEntry[];
  #offset: EntryId;
  /** When there was mail last, by the monotonic clock. */
  #mailMs: number;
  #isAsleep = false;
  /** The progress as it was committed last. */
  #written: string;
  /** When the turn began, last had mail after a pause, or last gave its place to others. */
  #busySinceMs: number;

  constructor(parts: TurnParts, partition: PartitionName, program: TurnProgram, begun: BegunTurn) {
    this.#parts = parts;
    this.#partition = partition;
    this.#program = program;
    this.#begun = begun;
    this.#committer = `${parts.worker}:${begun.generation}`;
    this.#progress = GroupProgress.begin(begun.progress, program, begun.offset);
    this.#batches = new TurnBatches(parts, partition, begun.generation, this.#progress);
    this.#activations = parts.cache.take(partition, program, nameCommit(begun));
    this.#entries = begun.entries;
    this.#offset = begun.offset;
    this.#written = begun.progress;
    this.#busySinceMs = this.#startedMs = parts.elapsedMs();
    this.#mailMs = this.#startedMs - begun.idleMs;
  }

  async run(leave: TurnLeave): Promise<TurnEnd> {
    const { cache } = this.#parts;
    let end: TurnEnd | undefined;
    try {
      end = await this.#drain(leave);
    } catch (error) {
      if (!(error instanceof OvertakenError)) throw error;
      end = { kind: 'superseded' };
    } finally {
      if (end && end.kind !== 'superseded') cache.put(this.#partition, this.#activations);
      else cache.discard(this.#activations);
    }
    return end;
  }

  async #drain(leave: TurnLeave): Promise<TurnEnd> {
    let caughtUpLast = true;
    for (;;) {
      const behind = this.#behind();
      // In turns, so that neither the live events nor a group that catches up waits for the other's end.
      const live: boolean = this.#entries.length > 0 && (behind === undefined || caughtUpLast);
      if (live || behind !== undefined || this.#progress.toString() !== this.#written) {
        if (live && isLight(this.#entries)) this.#giveBackPlace();
        else await this.#parts.place.take();
        const loaded = await this.#load(live, behind);
        const batch = loaded
          ? (loaded.apply() ?? (await loaded.applyCarefully()))
          : progressOnly(this.#offset);
        if (!(await this.#commit(batch))) return { kind: 'superseded' };
        caughtUpLast = !live;
        if (live) this.#mailMs = this.#parts.elapsedMs();
      }
      if (!this.#hasMore()) {
        const end = await this.#rest(leave);
        if (end) return end;
      } else if (!this.#mayGoOn(leave)) {
        return { kind: 'yielded' };
      } else {
        this.#activations = this.#parts.cache.recount(this.#partition, this.#activations);
      }
    }
  }

  async #load(live: boolean, behind: Behind | undefined): Promise<LoadedBatch | undefined> {
    if (live) return this.#batches.live(this.#entries, this.#activations);
    return behind && this.#batches.history(behind, this.#offset, this.#activations);
  }

  /** Without mail: waits for more; answers how the turn ends where none comes. */
  async #rest(leave: TurnLeave): Promise<TurnEnd | undefined> {
    const { watch } = this.#parts;
    if (watch && this.#mayLinger(leave)) await this.#linger(watch, leave);
    if (this.#hasMore()) return undefined;
    // Not long ago there was mail, and there will be more: wherever the partition goes, no need to sleep in between.
    const mustEnd = this.#holdLeftMs(leave) <= 0 || !leave.mayGoOn();
    if (watch && mustEnd && this.#lingerLeftMs() > 0) return { kind: 'yielded' };
    if (!this.#isAsleep && !(await this.#fallAsleep())) return { kind: 'superseded' };
    return this.#hasMore() ? undefined : { kind: 'drained' };
  }

  #behind(): Behind | undefined {
    return this.#progress.behind(this.#program.fields);
  }

  #hasMore(): boolean {
    return this.#entries.length > 0 || this.#behind() !== undefined;
  }

  #mayGoOn(leave: TurnLeave): boolean {
    const isWithinBudget = this.#parts.elapsedMs() - this.#busySinceMs < this.#parts.limits.budgetMs;
    return isWithinBudget && this.#holdLeftMs(leave) > 0 && leave.mayGoOn();
  }

  #mayLinger(leave: TurnLeave): boolean {
    return leave.mayGoOn() && leave.mayLinger() && this.#holdLeftMs(leave) > 0 && this.#lingerLeftMs() > 0;
  }

  #lingerLeftMs(): number {
    return this.#mailMs + this.#parts.limits.lingerMs - this.#parts.elapsedMs();
  }

  /** Without end while nobody else wants the partition: between two turns its mail waits, and nothing is gained. */
  #holdLeftMs({ mayStay }: TurnLeave): number {
    if (mayStay()) return Infinity;
    // Turns that began together do not end together: to end one and to begin the next takes a millisecond of a process,
    // for which the mail of all others waits.
    const part = 1 - (this.#begun.generation % HOLD_STEPS) / (2 * HOLD_STEPS);
    return this.#startedMs + part * this.#parts.limits.holdMs - this.#parts.elapsedMs();
  }

  get #permit(): CommitPermit {
    const { generation } = this.#begun;
    return { partition: this.#partition, generation, readAfter: this.#offset, readProgress: this.#written };
  }

  /** Publishes a batch and takes the frames that follow; answers whether the partition is still its own. */
  async #commit(batch: Batch): Promise<boolean> {
    const { store, limits, observer, watch } = this.#parts;
    const { offset, applied, actors, deadLetters } = batch.outcome;
    // Field by field: spreading is slow enough to be seen where turns are short.
    const outcome: TurnOutcome = {
      offset,
      applied,
      actors,
      deadLetters,
      committer: this.#committer,
      fields: this.#program.fields,
      progress: this.#progress.toString(),
      keep: this.#progress.keep,
      lingers: watch !== undefined,
      forgetAfterMs: this.#program.forgetAfterMs,
    };
    const result = await store.commit(this.#permit, outcome, limits.batch);
    if (result.kind !== 'committed') {
      observer?.refused?.(this.#partition, result.kind);
      return false;
    }
    this.#entries = result.next;
    this.#isAsleep = watch === undefined && result.next.length === 0;
    this.#offset = offset;
    this.#written = outcome.progress;
    this.#activations.asOf = nameCommit({ committer: this.#committer, offset, progress: outcome.progress });
    observer?.step?.('committed', this.#partition);
    observer?.committed?.(this.#partition, {
      frames: applied.frames,
      events: applied.events,
      tooLate: applied.tooLate,
      deadLetters,
      actors: actors.length,
      appendedAt: appendTimeOf(offset),
      traceparents: batch.traceparents,
    });
    return true;
  }

  /** Waits for more mail, and lets other turns work and the cache count and forget its activations meanwhile. */
  async #linger(watch: MailboxWatch, leave: TurnLeave): Promise<void> {
    const { cache, elapsedMs, observer } = this.#parts;
    this.#giveBackPlace();
    const { asOf } = this.#activations;
    cache.put(this.#partition, this.#activations);
    const waitMs = Math.min(this.#lingerLeftMs(), this.#holdLeftMs(leave));
    this.#entries = await watch.wait(this.#partition, this.#offset, waitMs);
    this.#activations = cache.take(this.#partition, this.#program, asOf);
    this.#busySinceMs = elapsedMs();
    if (this.#entries.length > 0) observer?.step?.('resumed', this.#partition);
  }

  /**
   * Nobody waits for this turn then, so its budget begins anew. Turns that kept their places for light batches made those
   * wait that came after them, whose mail grew meanwhile: freshness stayed at hundreds of ms after any disturbance.
   */
  #giveBackPlace(): void {
    this.#parts.place.giveBack();
    this.#busySinceMs = this.#parts.elapsedMs();
  }

  /** Lets the partition fall asleep where it still has no mail; answers whether it is still its own. */
  async #fallAsleep(): Promise<boolean> {
    const { store, limits } = this.#parts;
    const ended = await store.end(this.#permit, limits.batch);
    if (ended.kind !== 'committed') return false;
    this.#entries = ended.next;
    return true;
  }
}

function isLight(entries: readonly LogEntry[]): boolean {
  let bytes = 0;
  for (const { frame } of entries) bytes += frame.length;
  return bytes <= LIGHT_BYTES;
}
