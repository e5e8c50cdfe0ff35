import type { Provider, Type } from '@nestjs/common';
import { createPlanHintClient, planHintChannel, type PlanHintClient } from '@millrace/http';
import { readCatchUp } from '@millrace/actor';
import {
  AccessKeyStore,
  Keys,
  partitionsOf,
  PlanStore,
  ProcessRegister,
  type RedisConnection,
} from '@millrace/redis';
import { AccessKeyPublisher, AccessKeyRegistry, Database, PlanPublisher, Registry } from '@millrace/registry';
import { recurringWarning, type Logger } from '@millrace/telemetry';
import { lastValueFrom } from 'rxjs';
import { ApplyController } from './apply.controller.js';
import { ChangesController } from './changes.controller.js';
import { KIND_ROUTES } from './definition-kinds.js';
import { createDefinitionsController } from './definitions.controller.js';
import { KeysController } from './keys.controller.js';
import { LineageController } from './lineage.controller.js';
import { PlanArrival } from './plan-arrival.js';
import {
  ACCESS_KEY_PUBLISHER,
  ACCESS_KEYS,
  DATABASE,
  PLAN_ARRIVAL,
  PLAN_HINTS,
  PLAN_PUBLISHER,
  REGISTRY,
} from './tokens.js';

/** The admin part of the api app: the module spreads these into its own lists. */
export const ADMIN_CONTROLLERS: readonly Type[] = [
  ApplyController,
  ...KIND_ROUTES.map(createDefinitionsController),
  ChangesController,
  KeysController,
  LineageController,
];

export interface AdminSettings {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly keyPrefix: string;
  /** Tokens of what the module opens. */
  readonly redis: symbol;
  readonly logger: symbol;
}

export function adminProviders(settings: AdminSettings): Provider[] {
  return [
    {
      provide: DATABASE,
      inject: [settings.logger],
      useFactory: (logger: Logger) =>
        new Database({
          databaseUrl: settings.databaseUrl,
          onError: recurringWarning(logger, 'postgres connection'),
        }),
    },
    { provide: REGISTRY, inject: [DATABASE], useFactory: (database: Database) => new Registry(database) },
    ...accessKeyProviders(settings),
    ...planProviders(settings),
    {
      provide: PLAN_ARRIVAL,
      inject: [settings.redis],
      useFactory: (redis: RedisConnection) =>
        new PlanArrival(new ProcessRegister(redis, new Keys(settings.keyPrefix)), () => performance.now()),
    },
    {
      provide: AdminLifetime,
      inject: [DATABASE, PLAN_HINTS, PLAN_PUBLISHER, ACCESS_KEY_PUBLISHER],
      useFactory: (
        database: Database,
        hints: PlanHintClient,
        plans: PlanPublisher,
        keys: AccessKeyPublisher,
      ): AdminLifetime => new AdminLifetime(database, hints, [plans, keys]),
    },
  ];
}

function accessKeyProviders(settings: AdminSettings): Provider[] {
  return [
    {
      provide: ACCESS_KEYS,
      inject: [DATABASE],
      useFactory: (database: Database) => new AccessKeyRegistry(database),
    },
    {
      provide: ACCESS_KEY_PUBLISHER,
      inject: [ACCESS_KEYS, settings.redis, settings.logger],
      useFactory: (keys: AccessKeyRegistry, redis: RedisConnection, logger: Logger) =>
        new AccessKeyPublisher(keys, new AccessKeyStore(redis, new Keys(settings.keyPrefix)), (error) =>
          logger.error({ err: error }, 'access keys not published'),
        ),
    },
  ];
}

function planProviders(settings: AdminSettings): Provider[] {
  return [
    {
      provide: PLAN_HINTS,
      useFactory: (): PlanHintClient => createPlanHintClient(settings.redisUrl),
    },
    {
      provide: PLAN_PUBLISHER,
      inject: [REGISTRY, PLAN_HINTS, settings.redis, settings.logger],
      useFactory: (registry: Registry, hints: PlanHintClient, redis: RedisConnection, logger: Logger) => {
        const channel = planHintChannel(settings.keyPrefix);
        const keys = new Keys(settings.keyPrefix);
        return new PlanPublisher(registry, new PlanStore(redis, keys), {
          hint: () => emit(hints, channel),
          onError: (error) => logger.error({ err: error }, 'plan not published'),
          isLive: async (group, entity) => {
            // Pushed values are there or not; there is no history to catch up with.
            if (group.kind !== 'aggregated') return true;
            const { live, partitions } = await readCatchUp(redis, keys, group, partitionsOf(entity));
            return live === partitions;
          },
        });
      },
    },
  ];
}

async function emit(hints: PlanHintClient, channel: string): Promise<void> {
  await lastValueFrom(hints.emit(channel, {}), { defaultValue: undefined });
}

/** Starts publishing when the app boots, and closes its connections after the last request was answered. */
class AdminLifetime {
  constructor(
    private readonly database: Database,
    private readonly hints: PlanHintClient,
    private readonly publishers: readonly (PlanPublisher | AccessKeyPublisher)[],
  ) {}

  onApplicationBootstrap(): void {
    // Not awaited: a database that is away must not keep the app from serving.
    for (const publisher of this.publishers) void publisher.start();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const publisher of this.publishers) publisher.stop();
    await this.hints.close();
    await this.database.close();
  }
}
