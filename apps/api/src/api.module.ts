import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { compileGroup } from '@millrace/core';
import { createPlanHintController, planHintChannel } from '@millrace/http';
import {
  closeRedis,
  Keys,
  newProcessId,
  openHashFields,
  openRedis,
  PlanStore,
  PlanWatcher,
  ProcessRegister,
  type HashFields,
  type RedisConnection,
} from '@millrace/redis';
import {
  ReadGate,
  RedisCommittedOffsets,
  RedisHashReads,
  RedisRowStore,
  ServingPlan,
  type ServedSamples,
  type ServedUsage,
  type UsageFlush,
} from '@millrace/serving';
import { createLogger, createMetrics, recurringWarning, type Logger } from '@millrace/telemetry';
import { ADMIN_CONTROLLERS, adminProviders } from './admin/admin.providers.js';
import type { ApiConfig } from './config.js';
import { ApiErrorFilter } from './feast/feast-error-filter.js';
import { FeastController } from './feast/feast.controller.js';
import { FeaturesController } from './features.controller.js';
import { OPERATIONS_CONTROLLERS, operationsProviders } from './operations/operations.providers.js';
import { SAMPLES, USAGE, USAGE_FLUSH } from './usage/tokens.js';
import { UsageController } from './usage/usage.controller.js';
import { usageProviders } from './usage/usage.providers.js';
import { CLOCK, CONFIG, GATE, HASHES, LOGGER, METRICS, OFFSETS, PLAN, REDIS, ROWS, WAITS } from './tokens.js';

/** Everything that the api process consists of. */
@Module({})
export class ApiModule {
  static of(config: ApiConfig): DynamicModule {
    const keys = new Keys(config.keyPrefix);
    return {
      module: ApiModule,
      controllers: [
        FeaturesController,
        FeastController,
        UsageController,
        ...ADMIN_CONTROLLERS,
        ...OPERATIONS_CONTROLLERS,
        createPlanHintController(planHintChannel(config.keyPrefix), PLAN),
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: CLOCK, useValue: Date.now },
        { provide: GATE, useFactory: () => new ReadGate(config.rowsInFlightMax) },
        {
          provide: WAITS,
          useFactory: () => new ReadGate(config.waitingReadsMax, 'reads wait for a position'),
        },
        { provide: LOGGER, useFactory: () => createLogger('api', config.logLevel) },
        { provide: METRICS, useFactory: () => createMetrics('api') },
        ...redisProviders(config, keys),
        ...usageProviders(keys, config.servedSampleRatio),
        ...operationsProviders(keys, config.mailbox),
        ...adminProviders({ ...config, redis: REDIS, logger: LOGGER }),
        {
          provide: APP_FILTER,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new ApiErrorFilter(logger),
        },
        {
          provide: Shutdown,
          inject: [PLAN, USAGE_FLUSH, HASHES, REDIS],
          useFactory: (
            plan: PlanWatcher<ServingPlan>,
            usage: UsageFlush,
            hashes: HashFields,
            redis: RedisConnection,
          ) => new Shutdown(plan, usage, hashes, redis),
        },
      ],
    };
  }
}

/** The connection, and what speaks through it. */
function redisProviders(config: ApiConfig, keys: Keys): Provider[] {
  return [
    {
      provide: REDIS,
      inject: [LOGGER],
      useFactory: (logger: Logger) =>
        openRedis(
          { url: config.redisUrl, role: 'request', name: 'millrace-api' },
          recurringWarning(logger, 'redis connection'),
        ),
    },
    {
      provide: HASHES,
      inject: [LOGGER],
      useFactory: (logger: Logger) =>
        openHashFields(
          { url: config.redisUrl, name: 'millrace-api-reads' },
          recurringWarning(logger, 'redis connection of reads'),
        ),
    },
    {
      provide: PLAN,
      inject: [REDIS, HASHES, LOGGER, USAGE, SAMPLES],
      useFactory: (
        redis: RedisConnection,
        fields: HashFields,
        logger: Logger,
        usage: ServedUsage,
        samples: ServedSamples,
      ) => {
        const hashes = new RedisHashReads(fields, keys);
        const register = new ProcessRegister(redis, keys);
        const id = newProcessId();
        return new PlanWatcher(new PlanStore(redis, keys), {
          compile: (document) => new ServingPlan(document, hashes, compileGroup, { usage, samples }),
          onChange: ({ document }) => logger.info({ revision: document.revision }, 'plan loaded'),
          onError: (error) => logger.error({ err: error }, 'plan not loaded'),
          announce: (standing) => register.announce({ kind: 'api', id, ...standing }),
        });
      },
    },
    {
      provide: OFFSETS,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) => new RedisCommittedOffsets(redis, keys),
    },
    {
      provide: ROWS,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) => new RedisRowStore(redis, keys),
    },
  ];
}

/** Ends what was opened, after the last request was answered. */
class Shutdown {
  constructor(
    private readonly plan: PlanWatcher<ServingPlan>,
    private readonly usage: UsageFlush,
    private readonly hashes: HashFields,
    private readonly redis: RedisConnection,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.plan.stop();
    await this.usage.stop();
    await this.hashes.close();
    await closeRedis(this.redis);
  }
}
