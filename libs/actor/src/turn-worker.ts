import { type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import type { Job } from 'bullmq';
import type { MailboxWatch } from './mailbox-watch.js';
import { SteadyWorker } from './steady-worker.js';
import type { TurnDispatcher } from './turn-dispatcher.js';
import { queueOptions, RETRY_AFTER_LOSS_MS, TURN_QUEUE, type TurnJob } from './turn-queue.js';
import type { TurnEnd } from './turn.js';
import type { TurnRunner } from './turn-runner.js';
import { TurnShare } from './turn-share.js';

export interface TurnWorkerOptions {
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly runner: TurnRunner;
  readonly dispatcher: TurnDispatcher;
  /** Where the runner's turns wait for mail: they are let go when others want their places. */
  readonly watch?: MailboxWatch | undefined;
  /**
   * Turns at once in this process; default 32: two entities of 16 partitions that wait for mail without a pause.
   * One place is kept free of those that only wait. Few of them work at a time (work-gate.ts).
   */
  readonly concurrency?: number;
  /** Partitions of all entities, and the workers that share them. Absent: this one alone. */
  readonly shared?: () => Promise<{ readonly partitions: number; readonly workers: number }>;
  /**
   * How long a dead worker's partitions stay its own; default 1.5 s. Found at most two `STALLED_CHECK_MS` later.
   * A worker whose event loop blocks for longer loses its turn to another, and its commit is refused (I1). So that mail
   * which takes every worker that long is applied nevertheless, the third turn that begins with it gets `PATIENT_LOCK_MS`.
   */
  readonly lockMs?: number;
  /** A turn that failed, to be tried again; and faults of the connection. */
  readonly onError: (error: Error, partition?: PartitionName) => void;
  readonly onTurn?: (partition: PartitionName, end: TurnEnd) => void;
  /** Mail with which `tries` turns began, the present one included, and which none has committed. */
  readonly onRepeat?: (partition: PartitionName, tries: number) => void;
}

export const TURN_CONCURRENCY = 32;
export const TURN_LOCK_MS = 1_500;
/**
 * The largest request (10,000 events) for ten groups whose expressions take all their steps takes some 20 s. A turn in
 * hand gets its usual lock back as soon as its event loop runs; if its process dies before, the partition waits for so
 * long, and so does the next process where this mail is what killed three of them.
 */
const PATIENT_LOCK_MS = 30_000;
const PATIENT_FROM_TRIES = 3;
/** How soon a worker notices that others came or went. */
const SHARE_EVERY_MS = 500;
/**
 * One worker of all looks, a short script. Two looks find a job whose lock has lapsed, also the jobs of everybody after
 * Redis was away for longer than a lock: with 500 ms that was half of the time until work resumed.
 */
const STALLED_CHECK_MS = 200;

/**
 * Takes turns from BullMQ as long as it runs. States: *running* from construction, *draining* from `close`
 * (takes nothing more, turns in hand end after the batch in hand and give the rest back), *closed*.
 */
export class TurnWorker {
  readonly #worker: SteadyWorker<TurnJob, TurnEnd['kind']>;
  readonly #options: TurnWorkerOptions;
  readonly #sharing: NodeJS.Timeout | undefined;
  readonly #share: TurnShare;
  readonly #wakes = new Set<Promise<void>>();
  #atOnce = 0;
  #draining = false;

  constructor(options: TurnWorkerOptions) {
    this.#options = options;
    this.#share = new TurnShare(options.concurrency ?? TURN_CONCURRENCY);
    this.#worker = new SteadyWorker<TurnJob, TurnEnd['kind']>(
      TURN_QUEUE,
      (job, token) => this.#turn(job, token),
      {
        connection: options.connection,
        ...queueOptions(options.keys, TURN_QUEUE),
        concurrency: this.#share.places,
        lockDuration: options.lockMs ?? TURN_LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        // A partition whose workers keep dying must go on being tried: the sweep would wake it anyway.
        maxStalledCount: 1_000,
        drainDelay: 2,
        runRetryDelay: RETRY_AFTER_LOSS_MS,
      },
    );
    this.#worker.on('completed', (job, end) => {
      if (end === 'yielded') this.#wake(job.data.partition);
    });
    this.#worker.on('error', (error) => options.onError(error));
    this.#worker.on('failed', (job, error) => options.onError(error, job?.data.partition));
    const { shared } = options;
    if (!shared) return;
    this.#sharing = setInterval(() => {
      this.#look(shared).catch(options.onError);
    }, SHARE_EVERY_MS).unref();
  }

  /** Turns in hand, those that wait for mail among them. */
  get held(): number {
    return this.#atOnce;
  }

  /** Those of them that wait to work: few do at a time. */
  get waiting(): number {
    return this.#options.runner.waiting;
  }

  /** Turns that it may hold now. */
  get places(): number {
    return this.#share.places;
  }

  /** Partitions beyond its share go to others at once. */
  async #look(shared: NonNullable<TurnWorkerOptions['shared']>): Promise<void> {
    try {
      this.#share.saw(await shared());
    } catch (error) {
      this.#share.sawNothing();
      throw error;
    } finally {
      this.#worker.concurrency = this.#share.places;
    }
    // Those that work find it out by themselves.
    for (let surplus = this.#share.surplusOf(this.#atOnce); surplus > 0; surplus--) {
      this.#options.watch?.release();
    }
  }

  async #turn(job: Job<TurnJob>, token = ''): Promise<TurnEnd['kind']> {
    const { runner, watch, onTurn, onRepeat } = this.#options;
    const { partition } = job.data;
    this.#atOnce++;
    // The last place: others may want it that nobody here hears of before it is free.
    if (this.#isFull()) watch?.release();
    try {
      const end = await runner.run(partition, {
        mayGoOn: () => !this.#draining && this.#atOnce <= this.places,
        mayLinger: () => !this.#isFull(),
        mayStay: () => this.#share.isAlone && !this.#isFull(),
        repeats: async (tries) => {
          onRepeat?.(partition, tries);
          if (tries >= PATIENT_FROM_TRIES) await job.extendLock(token, PATIENT_LOCK_MS);
        },
      });
      onTurn?.(partition, end);
      return end.kind;
    } finally {
      this.#atOnce--;
    }
  }

  /**
   * Gives a partition to whoever has waited longest for a turn. Not before its job is done: the worker that ends
   * a job takes the next one in the same step, and so would keep its partitions for ever. A wake that is lost
   * here, with the process, is one of those that the sweep finds.
   */
  #wake(partition: PartitionName): void {
    const wake = this.#options.dispatcher.wake([partition]).catch(this.#options.onError);
    this.#wakes.add(wake);
    void wake.finally(() => this.#wakes.delete(wake));
  }

  #isFull(): boolean {
    return this.#atOnce >= this.places;
  }

  /** Takes no more turns and waits for those in hand, which give back what they have not applied. */
  async close(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#sharing);
    this.#options.watch?.close();
    await this.#worker.close();
    await Promise.all(this.#wakes);
  }
}
