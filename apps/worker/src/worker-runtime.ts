import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  ActivationCache,
  compileTurnPrograms,
  readPartitionStatus,
  RedisActorStore,
  Sweep,
  TurnDispatcher,
  TurnRunner,
  TurnWorker,
  type TurnProgram,
} from '@millrace/actor';
import { compileGroup } from '@millrace/core';
import type { ReadinessCheck } from '@millrace/http';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  partitionsOf,
  PlanStore,
  PlanWatcher,
  type RedisConnection,
} from '@millrace/redis';
import { EVENT_LOG_LIMITS, EventLog } from '@millrace/stream';
import type { Logger } from '@millrace/telemetry';
import type { WorkerConfig } from './config.js';
import { failPoint } from './fail-point.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** A boot does not wait for Redis longer than this; without it the worker is up, and not ready. */
const BOOT_WAIT_MS = 5_000;

/**
 * What a worker does, without NestJS: holds its connections, watches the plan, takes turns and sweeps. States:
 * *running* from `start` on, whether Redis answers or not; *closed* after `close`, which drains.
 */
export class WorkerRuntime {
  private constructor(
    readonly plan: PlanWatcher<ReadonlyMap<string, TurnProgram>>,
    private readonly redis: RedisConnection,
    private readonly parts: {
      readonly worker: TurnWorker;
      readonly sweep: Sweep;
      readonly dispatcher: TurnDispatcher;
    },
    private readonly queueRedis: RedisConnection,
  ) {}

  static async start(config: WorkerConfig, logger: Logger, metrics: WorkerMetrics): Promise<WorkerRuntime> {
    const keys = new Keys(config.keyPrefix);
    const onError = (error: Error): void => logger.warn({ err: error }, 'redis connection');
    const open = (role: 'request' | 'queue'): RedisConnection =>
      openRedis({ url: config.redisUrl, role, name: 'millrace-worker' }, onError);
    const redis = open('request');
    const queueRedis = open('queue');
    await connected(redis, BOOT_WAIT_MS).catch((error: unknown) =>
      logger.warn({ err: error }, 'not connected yet'),
    );

    const plan = new PlanWatcher(new PlanStore(redis, keys), {
      compile: (document) => compileTurnPrograms(document, compileGroup),
      onChange: ({ document }) => logger.info({ revision: document.revision }, 'plan loaded'),
      onError: (error) => logger.error({ err: error }, 'plan not loaded'),
    });
    await plan.start();

    const cache = new ActivationCache(
      { count: config.activationsMax, bytes: config.activationBytesMax },
      (reason, count) => metrics.passivated(reason, count),
    );
    const atStep = failPoint(config.failPoint);
    const runner = new TurnRunner({
      store: new RedisActorStore(redis, keys),
      cache,
      program: (entity) => plan.current?.compiled.get(entity),
      worker: `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`,
      elapsedMs: () => performance.now(),
      limits: {
        batch: { events: config.batchEventsMax, bytes: config.batchBytesMax },
        budgetMs: config.turnBudgetMs,
        dedupHorizonMs: config.dedupHorizonMs,
      },
      observer: {
        ...(atStep && { step: atStep }),
        committed: (_partition, batch) => metrics.committed(batch, Date.now()),
        refused: (partition, why) => {
          metrics.refused(why);
          logger.info({ partition, why }, 'commit refused');
        },
      },
    });

    const entities = (): readonly { name: string; partitions: number }[] =>
      plan.current?.document.entities ?? [];
    const dispatcher = new TurnDispatcher(queueRedis, keys, onError);
    const worker = new TurnWorker({
      connection: queueRedis,
      keys,
      runner,
      dispatcher,
      concurrency: config.turnConcurrency,
      lockMs: config.turnLockMs,
      onTurn: (_partition, end) => metrics.turn(end),
      onError: (error, partition) => {
        if (partition === undefined) return onError(error);
        metrics.turnFailed();
        logger.warn({ err: error, partition }, 'turn failed');
      },
    });
    const log = new EventLog(redis, keys, { ...EVENT_LOG_LIMITS, dedupHorizonMs: config.dedupHorizonMs });
    const sweep = new Sweep({
      connection: queueRedis,
      keys,
      dispatcher,
      entities,
      everyMs: config.sweepEveryMs,
      tidy: (partition) => log.forgetSeen(partition),
      onError,
      onWoken: (partitions) => {
        metrics.woken(partitions.length);
        logger.info({ partitions }, 'woken by the sweep');
      },
    });
    // Waits for Redis, however long: the boot does not.
    sweep.schedule().catch(onError);
    metrics.watch({
      cache,
      jobs: () => dispatcher.counts(),
      partitions: () => readPartitionStatus(redis, keys, entities().flatMap(partitionsOf)),
    });
    return new WorkerRuntime(plan, redis, { worker, sweep, dispatcher }, queueRedis);
  }

  readinessChecks(): ReadinessCheck[] {
    return [
      {
        name: 'redis',
        check: async () => {
          await this.redis.ping();
          return undefined;
        },
      },
      {
        name: 'plan',
        check: async () => (this.plan.current ? undefined : 'no plan has been published yet'),
      },
    ];
  }

  /** Takes nothing new, gives back what it has in hand, and ends the connections. */
  async close(): Promise<void> {
    this.plan.stop();
    await Promise.all([this.parts.worker.close(), this.parts.sweep.close()]);
    await this.parts.dispatcher.close();
    await Promise.all([closeRedis(this.redis), closeRedis(this.queueRedis)]);
  }
}
