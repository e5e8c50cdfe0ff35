import type { Provider, Type } from '@nestjs/common';
import { DeadLetters, readCatchUp, TurnDispatcher } from '@millrace/actor';
import { ProcessRegister, type Keys, type RedisConnection } from '@millrace/redis';
import type { MailboxLimits } from '@millrace/stream';
import { recurringWarning, type Logger } from '@millrace/telemetry';
import { LOGGER, REDIS } from '../tokens.js';
import { CatchUpController, type CatchUpOf } from './catch-up.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { FreshnessController } from './freshness.controller.js';
import { PartitionReports } from './partition-reports.js';
import { PartitionsController } from './partitions.controller.js';
import { ProcessesController } from './processes.controller.js';
import { CATCH_UPS, DEAD_LETTERS, DISPATCHER, PARTITION_REPORTS, PROCESSES } from './tokens.js';

/** What operators look at and do: the module spreads these into its own lists. */
export const OPERATIONS_CONTROLLERS: readonly Type[] = [
  PartitionsController,
  FreshnessController,
  DeadLettersController,
  CatchUpController,
  ProcessesController,
];

/** @param mailbox as ingest has it: replayed letters heed it too. */
export function operationsProviders(keys: Keys, mailbox: MailboxLimits): Provider[] {
  return [
    {
      provide: PARTITION_REPORTS,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) => new PartitionReports(redis, keys),
    },
    {
      provide: PROCESSES,
      inject: [REDIS],
      useFactory: (redis: RedisConnection) => new ProcessRegister(redis, keys),
    },
    {
      provide: DISPATCHER,
      inject: [REDIS, LOGGER],
      useFactory: (redis: RedisConnection, logger: Logger) =>
        new TurnDispatcher(redis, keys, recurringWarning(logger, 'turn queue')),
    },
    {
      provide: DEAD_LETTERS,
      inject: [REDIS, DISPATCHER],
      useFactory: (redis: RedisConnection, dispatcher: TurnDispatcher) =>
        new DeadLetters(redis, keys, (partitions) => dispatcher.wake(partitions), mailbox),
    },
    {
      provide: CATCH_UPS,
      inject: [REDIS],
      useFactory:
        (redis: RedisConnection): CatchUpOf =>
        (group, partitions) =>
          readCatchUp(redis, keys, group, partitions),
    },
    {
      provide: DispatcherLifetime,
      inject: [DISPATCHER],
      useFactory: (dispatcher: TurnDispatcher) => new DispatcherLifetime(dispatcher),
    },
  ];
}

/** Closes the queue after the last request was answered. */
class DispatcherLifetime {
  constructor(private readonly dispatcher: TurnDispatcher) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.close();
  }
}
