import type { PartitionName } from '@millrace/redis';
import type { DeadLetter } from './dead-letter.js';

/**
 * The steps of a turn, in their order; each is reported when it is done. From `loaded` on they repeat for each
 * batch; `resumed` comes before them where the turn had waited for mail.
 */
export type TurnStep = 'begun' | 'resumed' | 'loaded' | 'applied' | 'committed';

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
