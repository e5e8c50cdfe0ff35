import { MillraceError } from '@millrace/core';
import { parsePartitionName, type PartitionName } from '@millrace/redis';
import type { ActivationCache } from './activation-cache.js';
import type { ActorStore } from './actor-store.js';
import type { MailboxWatch } from './mailbox-watch.js';
import { Turn, type TurnEnd, type TurnLeave } from './turn.js';
import { TURN_LIMITS, type TurnLimits } from './turn-limits.js';
import type { TurnObserver } from './turn-observer.js';
import type { TurnProgram } from './turn-program.js';
import { TURNS_AT_WORK, WorkGate } from './work-gate.js';

export interface TurnRunnerParts {
  readonly store: ActorStore;
  readonly cache: ActivationCache;
  /** The program of an entity under the plan that holds now; undefined where there is none. */
  readonly program: (entity: string) => TurnProgram | undefined;
  /** Names this process; unique among all that ever ran. */
  readonly worker: string;
  /** Monotonic ms, for the limits in time alone. */
  readonly elapsedMs: () => number;
  readonly limits?: TurnLimits;
  readonly observer?: TurnObserver;
  /** See `WorkGate`. */
  readonly nextRound?: () => Promise<void>;
  /** Where turns wait for more mail; absent: a turn ends as soon as it has none. */
  readonly watch?: MailboxWatch;
}

const ALWAYS: TurnLeave = { mayGoOn: () => true, mayLinger: () => true, mayStay: () => true };

/** Runs turns, one after the other for each partition and some at a time for all of them. */
export class TurnRunner {
  readonly #parts: TurnRunnerParts;
  readonly #limits: TurnLimits;
  readonly #gate: WorkGate;

  constructor(parts: TurnRunnerParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? TURN_LIMITS;
    this.#gate = new WorkGate(TURNS_AT_WORK, parts.nextRound);
  }

  /** Turns that wait to work. */
  get waiting(): number {
    return this.#gate.waiting;
  }

  /**
   * Runs one turn of a partition.
   * @throws whatever the store throws; the turn is then to be repeated as a whole.
   */
  async run(partition: PartitionName, leave: TurnLeave = ALWAYS): Promise<TurnEnd> {
    const { store, worker, observer } = this.#parts;
    const place = this.#gate.place();
    await place.take();
    try {
      const entity = parsePartitionName(partition)?.entity ?? '';
      const program = this.#parts.program(entity);
      if (!program) throw noProgram(partition, entity);
      const begun = await store.begin(partition, worker, this.#limits.batch);
      observer?.step?.('begun', partition);
      if (begun.tries > 1) await leave.repeats?.(begun.tries);
      const parts = { ...this.#parts, limits: this.#limits, place };
      return await new Turn(parts, partition, program, begun).run({
        mayGoOn: () => leave.mayGoOn() && this.#parts.program(entity) === program,
        mayLinger: leave.mayLinger,
        mayStay: leave.mayStay,
      });
    } finally {
      place.giveBack();
    }
  }
}

function noProgram(partition: PartitionName, entity: string): MillraceError {
  const message = `partition ${partition}: no entity ${entity} in the plan of this process`;
  return new MillraceError('NOT_READY', message);
}
