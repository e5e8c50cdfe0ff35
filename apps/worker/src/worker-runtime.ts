import { setTimeout as delay } from 'node:timers/promises';
import {
  ActivationCache,
  compileTurnPrograms,
  type MailboxWatch,
  readPartitionStatus,
  RedisActorStore,
  RedisMailboxWatch,
  Sweep,
  type SweptEntity,
  TurnDispatcher,
  type TurnObserver,
  TurnRunner,
  TurnWorker,
  type TurnProgram,
} from '@millrace/actor';
import { compileGroup } from '@millrace/core';
import type { ReadinessCheck } from '@millrace/http';
import {
  closeRedis,
  connected,
  isClusterUrl,
  Keys,
  newProcessId,
  openRedis,
  partitionsOf,
  PlanStore,
  PlanWatcher,
  ProcessRegister,
  writeRefusal,
  type RedisConnection,
} from '@millrace/redis';
import { EVENT_LOG_LIMITS, EventLog } from '@millrace/stream';
import { recurringWarning, type Logger, type Tracing } from '@millrace/telemetry';
import type { WorkerConfig } from './config.js';
import { failPoint } from './fail-point.js';
import { TurnTracing } from './turn-tracing.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** A boot does not wait for Redis longer than this; without it the worker is up, and not ready. */
const BOOT_WAIT_MS = 5_000;
/**
 * A drain does not wait for Redis longer than this, of the ten seconds that it has. What cannot be given back while
 * Redis is away becomes free by itself when its lock lapses.
 */
const GIVE_BACK_MS = 6_000;

/** What the parts of one worker share. */
interface Surroundings {
  /** Of this process: to fence its turns, and in the list of processes. */
  readonly id: string;
  readonly config: WorkerConfig;
  readonly keys: Keys;
  readonly redis: RedisConnection;
  readonly queueRedis: RedisConnection;
  /** In its channel comes the mail of turns that wait for it; absent where they do not. */
  readonly subscriber: RedisConnection | undefined;
  readonly watch: MailboxWatch | undefined;
  readonly plan: PlanWatcher<ReadonlyMap<string, TurnProgram>>;
  readonly register: ProcessRegister;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  readonly traced: TurnTracing | undefined;
  readonly onError: (error: Error) => void;
}

/**
 * What a worker does, without NestJS: holds its connections, watches the plan, takes turns and sweeps. States:
 * *running* from `start` on, whether Redis answers or not; *closed* after `close`, which drains.
 */
export class WorkerRuntime {
  private constructor(
    private readonly surroundings: Surroundings,
    private readonly dispatcher: TurnDispatcher,
    private readonly worker: TurnWorker,
    private readonly sweep: Sweep,
  ) {}

  static async start(
    config: WorkerConfig,
    logger: Logger,
    metrics: WorkerMetrics,
    tracing?: Tracing,
  ): Promise<WorkerRuntime> {
    const surroundings = await connect(config, logger, metrics, tracing);
    const { keys, redis, queueRedis, onError } = surroundings;
    const cache = new ActivationCache(
      { count: config.activationsMax, bytes: config.activationBytesMax },
      (reason, count) => metrics.passivated(reason, count),
    );
    const dispatcher = new TurnDispatcher(queueRedis, keys, onError);
    const worker = startTurns(surroundings, dispatcher, cache);
    const sweep = startSweep(surroundings, dispatcher);
    metrics.watch({
      cache,
      turns: worker,
      jobs: () => dispatcher.counts(),
      sweeps: () => sweep.counts(),
      partitions: () => readPartitionStatus(redis, keys, entitiesOf(surroundings).flatMap(partitionsOf)),
    });
    return new WorkerRuntime(surroundings, dispatcher, worker, sweep);
  }

  get plan(): PlanWatcher<ReadonlyMap<string, TurnProgram>> {
    return this.surroundings.plan;
  }

  readinessChecks(): ReadinessCheck[] {
    const { redis, keys } = this.surroundings;
    return [{ name: 'redis', check: () => writeRefusal('commit', redis, keys) }];
  }

  /** Takes nothing new, gives back what it has in hand, and ends the connections. */
  async close(): Promise<void> {
    const { id, plan, register, redis, queueRedis, subscriber } = this.surroundings;
    plan.stop();
    // The others take its share at once. Where Redis is away they find out by themselves.
    const withdrawn = register.withdraw(id).catch(() => {});
    await this.#giveBack();
    await withdrawn;
    subscriber?.disconnect();
    await Promise.all([closeRedis(redis), closeRedis(queueRedis)]);
  }

  async #giveBack(): Promise<void> {
    const given = Promise.all([this.worker.close(), this.sweep.close()]).then(() => this.dispatcher.close());
    const outcome = await Promise.race([given, delay(GIVE_BACK_MS, 'late' as const, { ref: false })]);
    if (outcome === 'late') this.surroundings.logger.warn('Redis does not take back what is in hand');
  }
}

async function connect(
  config: WorkerConfig,
  logger: Logger,
  metrics: WorkerMetrics,
  tracing: Tracing | undefined,
): Promise<Surroundings> {
  const traced = tracing && new TurnTracing(tracing, Date.now);
  const keys = new Keys(config.keyPrefix);
  const onError = recurringWarning(logger, 'redis connection');
  const open = (role: 'request' | 'queue'): RedisConnection =>
    openRedis({ url: config.redisUrl, role, name: 'millrace-worker' }, onError);
  const [redis, queueRedis] = [open('request'), open('queue')];
  // A cluster carries what one node publishes to all of them, frames too: there a turn ends when its mailbox is empty.
  const subscriber = isClusterUrl(config.redisUrl) ? undefined : open('queue');
  await connected(redis, BOOT_WAIT_MS).catch((error: unknown) => {
    logger.warn({ err: error }, 'not connected yet');
  });
  const id = newProcessId();
  const watch = subscriber && new RedisMailboxWatch(subscriber, keys, id);
  const register = new ProcessRegister(redis, keys);
  const plan = new PlanWatcher(new PlanStore(redis, keys), {
    compile: (document) => compileTurnPrograms(document, compileGroup),
    onChange: ({ document }) => {
      logger.info({ revision: document.revision }, 'plan loaded');
      // Turns under the plan before end.
      watch?.releaseAll();
    },
    onError: (error) => logger.error({ err: error }, 'plan not loaded'),
    announce: (standing) => register.announce({ kind: 'worker', id, ...standing }),
  });
  await plan.start();
  return {
    id,
    config,
    keys,
    redis,
    queueRedis,
    subscriber,
    watch,
    plan,
    register,
    logger,
    metrics,
    traced,
    onError,
  };
}

function startTurns(around: Surroundings, dispatcher: TurnDispatcher, cache: ActivationCache): TurnWorker {
  const { id, config, keys, redis, queueRedis, watch, plan, register } = around;
  const { logger, metrics, traced, onError } = around;
  const runner = new TurnRunner({
    store: new RedisActorStore(redis, keys),
    cache,
    program: (entity) => plan.current?.compiled.get(entity),
    worker: id,
    elapsedMs: () => performance.now(),
    ...(watch && { watch }),
    limits: {
      batch: { events: config.batchEventsMax, bytes: config.batchBytesMax },
      budgetMs: config.turnBudgetMs,
      lingerMs: config.turnLingerMs,
      holdMs: config.turnHoldMs,
      dedupHorizonMs: config.dedupHorizonMs,
    },
    observer: turnObserver(around),
  });
  return new TurnWorker({
    connection: queueRedis,
    keys,
    runner,
    dispatcher,
    watch,
    concurrency: config.turnConcurrency,
    shared: async () => ({
      partitions: entitiesOf(around).reduce((sum, { partitions }) => sum + partitions, 0),
      workers: (await register.live()).filter(({ kind }) => kind === 'worker').length,
    }),
    lockMs: config.turnLockMs,
    onTurn: (partition, end) => {
      metrics.turn(end);
      traced?.ended(partition);
    },
    onRepeat: (partition, tries) => {
      metrics.turnRepeated();
      logger.warn({ partition, tries }, 'no turn has committed this mail yet');
    },
    onError: (error, partition) => {
      if (partition === undefined) return onError(error);
      metrics.turnFailed();
      logger.warn({ err: error, partition }, 'turn failed');
    },
  });
}

function turnObserver({ config, logger, metrics, traced }: Surroundings): TurnObserver {
  const failAt = failPoint(config.failPoint);
  return {
    ...((failAt ?? traced) && {
      step: (step, partition) => {
        failAt?.(step);
        traced?.step(step, partition);
      },
    }),
    committed: (partition, batch) => {
      metrics.committed(batch, Date.now());
      traced?.committed(partition, batch);
    },
    refused: (partition, why) => {
      metrics.refused(why);
      logger.info({ partition, why }, 'commit refused');
    },
  };
}

function startSweep(around: Surroundings, dispatcher: TurnDispatcher): Sweep {
  const { config, keys, redis, queueRedis, logger, metrics, onError } = around;
  const log = new EventLog(redis, keys, { ...EVENT_LOG_LIMITS, dedupHorizonMs: config.dedupHorizonMs });
  const sweep = new Sweep({
    connection: queueRedis,
    keys,
    dispatcher,
    entities: () => entitiesOf(around),
    everyMs: config.sweepEveryMs,
    tidy: (partition) => log.forgetSeen(partition),
    onError,
    onWoken: (partitions, reason) => {
      metrics.woken(partitions.length, reason);
      logger.info({ partitions, reason }, 'woken by the sweep');
    },
  });
  sweep.start();
  return sweep;
}

function entitiesOf({ plan }: Surroundings): readonly SweptEntity[] {
  const { document, compiled } = plan.current ?? {};
  return (document?.entities ?? []).map(({ name, partitions }) => {
    return { name, partitions, fields: compiled?.get(name)?.fields ?? [] };
  });
}
