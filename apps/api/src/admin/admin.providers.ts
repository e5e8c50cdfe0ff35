import type { Provider, Type } from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import { createPlanHintClient, planHintChannel } from '@millrace/http';
import { Keys, PlanStore, type RedisConnection } from '@millrace/redis';
import { PlanPublisher, Registry } from '@millrace/registry';
import type { Logger } from '@millrace/telemetry';
import { lastValueFrom } from 'rxjs';
import { ApplyController } from './apply.controller.js';
import { ChangesController } from './changes.controller.js';
import { KIND_ROUTES } from './definition-kinds.js';
import { createDefinitionsController } from './definitions.controller.js';
import { PLAN_PUBLISHER, REGISTRY } from './tokens.js';

/** The admin part of the api app: the module spreads these into its own lists. */
export const ADMIN_CONTROLLERS: readonly Type[] = [
  ApplyController,
  ...KIND_ROUTES.map(createDefinitionsController),
  ChangesController,
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
      provide: REGISTRY,
      inject: [settings.logger],
      useFactory: (logger: Logger) =>
        new Registry({
          databaseUrl: settings.databaseUrl,
          onError: (error) => logger.warn({ err: error }, 'postgres connection'),
        }),
    },
    {
      provide: PLAN_PUBLISHER,
      inject: [REGISTRY, settings.redis, settings.logger],
      useFactory: (registry: Registry, redis: RedisConnection, logger: Logger) => {
        const hints = createPlanHintClient(settings.redisUrl);
        const channel = planHintChannel(settings.keyPrefix);
        return new PlanPublisher(registry, new PlanStore(redis, new Keys(settings.keyPrefix)), {
          hint: () => emit(hints, channel),
          onError: (error) => logger.error({ err: error }, 'plan not published'),
        });
      },
    },
    {
      provide: AdminLifetime,
      inject: [REGISTRY, PLAN_PUBLISHER],
      useFactory: (registry: Registry, publisher: PlanPublisher) => new AdminLifetime(registry, publisher),
    },
  ];
}

async function emit(hints: ClientProxy, channel: string): Promise<void> {
  await lastValueFrom(hints.emit(channel, {}), { defaultValue: undefined });
}

/** Starts publishing when the app boots, and closes the registry after the last request was answered. */
class AdminLifetime {
  constructor(
    private readonly registry: Registry,
    private readonly publisher: PlanPublisher,
  ) {}

  onApplicationBootstrap(): void {
    // Not awaited: a database that is away must not keep the app from serving.
    void this.publisher.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.publisher.stop();
    await this.registry.close();
  }
}
