import { Module, type DynamicModule } from '@nestjs/common';
import { createPlanHintController, planHintChannel } from '@millrace/http';
import { createMetrics, createTracing, type Logger, type Metrics, type Tracing } from '@millrace/telemetry';
import type { WorkerConfig } from './config.js';
import { WorkerMetrics } from './worker-metrics.js';
import { WorkerRuntime } from './worker-runtime.js';

/** Injection tokens: everything here is injected by name, nothing by reflected type. */
export const METRICS = Symbol('metrics');
export const RUNTIME = Symbol('worker runtime');
export const TRACING = Symbol('tracing, or undefined');
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
          provide: TRACING,
          useFactory: () =>
            createTracing({
              process: 'millrace-worker',
              exporterUrl: config.tracesUrl,
              sampledRatio: config.tracesRatio,
            }),
        },
        {
          provide: RUNTIME,
          useFactory: (metrics: Metrics, tracing: Tracing | undefined) =>
            WorkerRuntime.start(config, logger, new WorkerMetrics(metrics), tracing),
          inject: [METRICS, TRACING],
        },
        { provide: PLAN, useFactory: (runtime: WorkerRuntime) => runtime.plan, inject: [RUNTIME] },
      ],
    };
  }
}
