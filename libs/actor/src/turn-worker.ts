import { type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import { Worker } from 'bullmq';
import type { TurnDispatcher } from './turn-dispatcher.js';
import { queueOptions, TURN_QUEUE, type TurnJob } from './turn-queue.js';
import type { TurnEnd, TurnRunner } from './turn-runner.js';

export interface TurnWorkerOptions {
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly runner: TurnRunner;
  readonly dispatcher: TurnDispatcher;
  /**
   * Turns at once in this process; default 32, so that a turn that waits for mail keeps no other from its own:
   * two entities of 16 partitions. Few of them work at a time (work-gate.ts).
   */
  readonly concurrency?: number;
  /**
   * How long a dead worker's partitions stay its own; default 1.5 s. Found at most `STALLED_CHECK_MS` later.
   * A worker whose event loop blocks for longer loses its turn to another, and its commit is refused (I1).
   */
  readonly lockMs?: number;
  /** A turn that failed, to be tried again; and faults of the connection. */
  readonly onError: (error: Error, partition?: PartitionName) => void;
  readonly onTurn?: (partition: PartitionName, end: TurnEnd) => void;
}

export const TURN_CONCURRENCY = 32;
export const TURN_LOCK_MS = 1_500;
const STALLED_CHECK_MS = 500;

/**
 * Takes turns from BullMQ as long as it runs. States: *running* from construction, *draining* from `close`
 * (takes nothing more, turns in hand end after the batch in hand and give the rest back), *closed*.
 */
export class TurnWorker {
  readonly #worker: Worker<TurnJob>;
  readonly #options: TurnWorkerOptions;
  #draining = false;

  constructor(options: TurnWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker<TurnJob>(TURN_QUEUE, (job) => this.#turn(job.data.partition), {
      connection: options.connection,
      ...queueOptions(options.keys, TURN_QUEUE),
      concurrency: options.concurrency ?? TURN_CONCURRENCY,
      lockDuration: options.lockMs ?? TURN_LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // A partition whose workers keep dying must go on being tried: the sweep would wake it anyway.
      maxStalledCount: 1_000,
      drainDelay: 2,
    });
    this.#worker.on('error', (error) => options.onError(error));
    this.#worker.on('failed', (job, error) => options.onError(error, job?.data.partition));
  }

  async #turn(partition: PartitionName): Promise<void> {
    const end = await this.#options.runner.run(partition, () => !this.#draining);
    // Added while this job is active: BullMQ keeps it and lets it wait as soon as this one ends.
    if (end.kind === 'yielded') await this.#options.dispatcher.wake([partition]);
    this.#options.onTurn?.(partition, end);
  }

  /** Takes no more turns and waits for those in hand, which give back what they have not applied. */
  async close(): Promise<void> {
    this.#draining = true;
    await this.#worker.close();
  }
}
