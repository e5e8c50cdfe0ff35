import { partitionsOf, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import { LOG_START } from '@millrace/stream';
import { Queue } from 'bullmq';
import { placeOf } from './group-progress.js';
import { announcementOf } from './redis/mail.js';
import { SteadyWorker } from './steady-worker.js';
import type { TurnDispatcher } from './turn-dispatcher.js';
import { queueOptions, RETRY_AFTER_LOSS_MS, SWEEP_QUEUE } from './turn-queue.js';

export const SWEEP_EVERY_MS = 1_000;
/** A partition without a sign of life for this long, though its log is ahead, has lost its job. */
const SILENCE_MS = 1_000;
const TIDY_EVERY_MS = 30_000;

export interface SweptEntity {
  readonly name: string;
  readonly partitions: number;
  /** `group@version` of each of its groups. */
  readonly fields: readonly string[];
}

/**
 * Why the sweep wakes a partition: `mail` that nobody took for a second, so its wake-up was lost; or the `catch-up` of a
 * group that came with a plan, which nothing else begins.
 */
export type WakeReason = 'mail' | 'catch-up';

export interface SweepOptions {
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly dispatcher: TurnDispatcher;
  /** The entities whose partitions are swept, of the plan that holds now, and their groups. */
  readonly entities: () => readonly SweptEntity[];
  readonly everyMs?: number;
  /** Deletes what a partition need not remember any longer; called for each about every half minute. */
  readonly tidy: (partition: PartitionName) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Partitions that the sweep had to wake, and why: worth a metric. */
  readonly onWoken?: (partitions: readonly PartitionName[], reason: WakeReason) => void;
}

/**
 * The sweep: a job that wakes every partition whose log is ahead of its offset, or where a group of the plan is not live
 * yet, and of which nothing was heard for a second. It makes lost wake-ups and lost mail harmless,
 * and starts the catch-up of new groups.
 *
 * Each worker adds it again and again, and all but the first of a period are dropped: one job for all workers. BullMQ's
 * own scheduler has each job add the next one, and a job whose next one Redis refused was the last.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #queue: Queue;
  readonly #worker: SteadyWorker<object, void>;
  #timer: NodeJS.Timeout | undefined;
  #isAdding = false;
  #tidiedMs = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    const { connection, keys } = options;
    this.#queue = new Queue(SWEEP_QUEUE, { connection, ...queueOptions(keys, SWEEP_QUEUE) });
    this.#worker = new SteadyWorker(SWEEP_QUEUE, () => this.sweep(), {
      connection,
      ...queueOptions(keys, SWEEP_QUEUE),
      lockDuration: 5_000,
      stalledInterval: 2_000,
      maxStalledCount: 1_000,
      drainDelay: 2,
      runRetryDelay: RETRY_AFTER_LOSS_MS,
    });
    this.#queue.on('error', options.onError);
    this.#worker.on('error', options.onError);
    this.#worker.on('failed', (_job, error) => options.onError(error));
  }

  /** Sweeps from now on, until `close`. */
  start(): void {
    const everyMs = this.#options.everyMs ?? SWEEP_EVERY_MS;
    this.#timer = setInterval(() => {
      // While Redis is away the one before waits for it.
      if (this.#isAdding) return;
      this.#isAdding = true;
      this.#queue
        .add(
          'sweep',
          {},
          // Somewhat less than the period: of this worker's own two, the second must not be dropped.
          {
            deduplication: { id: 'sweep', ttl: Math.round(everyMs * 0.9) },
            removeOnComplete: true,
            removeOnFail: { count: 100 },
          },
        )
        .catch(this.#options.onError)
        .finally(() => (this.#isAdding = false));
    }, everyMs);
  }

  /** Looks at every partition once. */
  async sweep(): Promise<void> {
    const { connection, keys, dispatcher, entities, onWoken } = this.#options;
    const swept = entities().flatMap((entity) =>
      partitionsOf(entity).map((partition) => ({ partition, fields: entity.fields })),
    );
    const partitions = swept.map(({ partition }) => partition);
    const [seconds] = (await connection.time()) as unknown as [string | number];
    const now = Number(seconds) * 1_000;
    const metas = await Promise.all(
      partitions.map((partition) =>
        connection.hmget(keys.meta(partition), 'offset', 'last_entry', 'awake', 'groups', 'worker'),
      ),
    );
    const asleep: Record<WakeReason, PartitionName[]> = { mail: [], 'catch-up': [] };
    const announcements: Promise<unknown>[] = [];
    swept.forEach(({ partition, fields }, i) => {
      const [offset, lastEntry, awake, groups, worker] = metas[i] as (string | null)[];
      const hasMail = lastEntry && lastEntry !== (offset ?? LOG_START);
      const isBehind = fields.some((field) => placeOf(groups ?? '', field) !== 'live');
      if (!(hasMail || isBehind) || now - Number(awake ?? 0) < SILENCE_MS) return;
      asleep[hasMail ? 'mail' : 'catch-up'].push(partition);
      // Its turn may live and wait for mail of which it was not told: then the job that wakes it waits for the turn.
      if (worker) {
        const announcement = announcementOf(keys.log(partition));
        announcements.push(connection.publish(keys.mail(worker), announcement));
      }
    });
    await Promise.all([dispatcher.wake([...asleep.mail, ...asleep['catch-up']]), ...announcements]);
    for (const reason of ['mail', 'catch-up'] as const) {
      if (asleep[reason].length > 0) onWoken?.(asleep[reason], reason);
    }
    if (now - this.#tidiedMs >= TIDY_EVERY_MS) {
      this.#tidiedMs = now;
      for (const partition of partitions) await this.#options.tidy(partition);
    }
  }

  /** Sweeps by state, for metrics. */
  counts(): Promise<Record<string, number>> {
    return this.#queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#worker.close(), this.#queue.close()]);
  }
}
