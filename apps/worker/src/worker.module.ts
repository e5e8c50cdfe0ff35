import { Module, type DynamicModule } from '@nestjs/common';
import { createPlanHintController, planHintChannel } from '@millrace/http';
import { createMetrics, type Logger, type Metrics } from '@millrace/telemetry';
import type { WorkerConfig } from './config.js';
import { WorkerMetrics } from './worker-metrics.js';
import { WorkerRuntime } from './worker-runtime.js';

/** Injection tokens: everything here is injected by name, nothing by reflected type. */
export const METRICS = Symbol('metrics');
export const RUNTIME = Symbol('worker runtime');
const PLAN = Symbol('plan watcher');

/** The one module of this process: what a worker needs, wired by factories. */
@Module({})
export class WorkerModule {
  static for(config: WorkerConfig, logger: Logger): DynamicModule {
    return {
      module: WorkerModule,
      controllers: [createPlanHintController(planHintChannel(config.keyPrefix), PLAN)],
      providers: [
        { provide: METRICS, useFactory: () => createMetrics('worker') },
        {
          provide: RUNTIME,
          useFactory: (metrics: Metrics) => WorkerRuntime.start(config, logger, new WorkerMetrics(metrics)),
          inject: [METRICS],
        },
        { provide: PLAN, useFactory: (runtime: WorkerRuntime) => runtime.plan, inject: [RUNTIME] },
      ],
    };
  }
}
