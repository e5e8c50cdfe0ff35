import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { createPlanHintController, planHintChannel, ProblemFilter } from '@millrace/http';
import { TurnDispatcher } from '@millrace/actor';
import {
  closeRedis,
  Keys,
  newProcessId,
  openRedis,
  PlanStore,
  PlanWatcher,
  ProcessRegister,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import {
  createLogger,
  createMetrics,
  recurringWarning,
  createTracing,
  type Logger,
  type Metrics,
  type Tracing,
} from '@millrace/telemetry';
import type { IngestConfig } from './config.js';
import { createIngestMetrics } from './ingest-metrics.js';
import { Intake, type IntakePorts } from './intake.js';
import { SourceCatalog } from './source-catalog.js';
import {
  CONFIG,
  DISPATCHER,
  INGEST_METRICS,
  INTAKE,
  LOGGER,
  METRICS,
  PLAN,
  REDIS,
  TRACING,
} from './tokens.js';

/** Everything that the ingest process consists of. */
@Module({})
export class IngestModule {
  static of(config: IngestConfig): DynamicModule {
    const keys = new Keys(config.keyPrefix);
    return {
      module: IngestModule,
      controllers: [createPlanHintController(planHintChannel(config.keyPrefix), PLAN)],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useFactory: () => createLogger('ingest', config.logLevel) },
        { provide: METRICS, useFactory: () => createMetrics('ingest') },
        {
          provide: TRACING,
          useFactory: () =>
            createTracing({
              process: 'millrace-ingest',
              exporterUrl: config.tracesUrl,
              sampledRatio: config.tracesRatio,
            }),
        },
        ...redisProviders(config, keys),
        {
          provide: INTAKE,
          inject: [REDIS, DISPATCHER, LOGGER],
          useFactory: (redis: RedisConnection, dispatcher: TurnDispatcher, logger: Logger) =>
            createIntake(config, new EventLog(redis, keys, config.mailbox), dispatcher, logger),
        },
        {
          provide: INGEST_METRICS,
          inject: [METRICS, INTAKE],
          useFactory: (metrics: Metrics, intake: Intake) => createIngestMetrics(metrics, intake),
        },
        {
          provide: APP_FILTER,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new ProblemFilter(logger),
        },
        {
          provide: Shutdown,
          inject: [PLAN, DISPATCHER, REDIS, TRACING],
          useFactory: (
            plan: PlanWatcher<SourceCatalog>,
            dispatcher: TurnDispatcher,
            redis: RedisConnection,
            tracing: Tracing | undefined,
          ) => new Shutdown(plan, dispatcher, redis, tracing),
        },
      ],
    };
  }
}

/** The connection, and what speaks through it. */
function redisProviders(config: IngestConfig, keys: Keys): Provider[] {
  return [
    {
      provide: REDIS,
      inject: [LOGGER],
      useFactory: (logger: Logger) =>
        openRedis(
          { url: config.redisUrl, role: 'request', name: 'millrace-ingest' },
          recurringWarning(logger, 'redis connection'),
        ),
    },
    {
      provide: DISPATCHER,
      inject: [REDIS, LOGGER],
      useFactory: (redis: RedisConnection, logger: Logger) =>
        new TurnDispatcher(redis, keys, recurringWarning(logger, 'turn queue')),
    },
    {
      provide: PLAN,
      inject: [REDIS, LOGGER],
      useFactory: (redis: RedisConnection, logger: Logger) => {
        const register = new ProcessRegister(redis, keys);
        const id = newProcessId();
        return new PlanWatcher(new PlanStore(redis, keys), {
          compile: (document) => new SourceCatalog(document),
          onChange: ({ document }) => logger.info({ revision: document.revision }, 'plan loaded'),
          onError: (error) => logger.error({ err: error }, 'plan not loaded'),
          announce: (standing) => register.announce({ kind: 'ingest', id, ...standing }),
        });
      },
    },
  ];
}

function createIntake(
  config: IngestConfig,
  log: EventLog,
  dispatcher: TurnDispatcher,
  logger: Logger,
): Intake {
  const ports: IntakePorts = {
    appendAll: (frames) => log.appendAll(frames),
    // The events are in the log: a wake that is lost costs time, which the sweep bounds, not events.
    wake: (partitions) => {
      dispatcher
        .wake(partitions)
        .catch((error: unknown) => logger.warn({ err: error, partitions }, 'wake-up failed'));
    },
    now: Date.now,
  };
  return new Intake(ports, config);
}

/** Ends what was opened, after the last request was answered. */
class Shutdown {
  constructor(
    private readonly plan: PlanWatcher<SourceCatalog>,
    private readonly dispatcher: TurnDispatcher,
    private readonly redis: RedisConnection,
    private readonly tracing: Tracing | undefined,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.plan.stop();
    await this.dispatcher.close();
    await closeRedis(this.redis);
    await this.tracing?.close();
  }
}
