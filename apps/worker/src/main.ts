import 'reflect-metadata';
import {
  bootProcess,
  createHttpAdapter,
  mountOperations,
  planHintTransport,
  type ProcessDrain,
} from '@millrace/http';
import { createLogger, nestLogger, type Metrics, type Tracing } from '@millrace/telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readConfig, type WorkerConfig } from './config.js';
import type { WorkerRuntime } from './worker-runtime.js';
import { METRICS, RUNTIME, TRACING, WorkerModule } from './worker.module.js';

/** Nobody posts anything to a worker. */
const BODY_BYTES_MAX = 1_024;

async function boot(config: WorkerConfig, drain: ProcessDrain): Promise<void> {
  const logger = createLogger('worker', config.logLevel);
  const app = await NestFactory.create<NestFastifyApplication>(
    WorkerModule.for(config, logger),
    createHttpAdapter({ bodyBytesMax: BODY_BYTES_MAX }),
    { logger: nestLogger(logger) },
  );
  const runtime = app.get<WorkerRuntime>(RUNTIME);
  mountOperations(app.getHttpAdapter().getInstance(), {
    metrics: app.get<Metrics>(METRICS),
    checks: runtime.readinessChecks(),
    plan: runtime.plan,
  });
  app.connectMicroservice(planHintTransport(config.redisUrl));
  // A hint only: without Redis it does not come, and the boot does not wait for it.
  app.startAllMicroservices().catch((error: unknown) => logger.warn({ err: error }, 'no plan hints'));
  drain.serving(async () => {
    await runtime.close();
    await app.get<Tracing | undefined>(TRACING)?.close();
    await app.close();
  }, logger);
  await app.listen(config.port, config.host);
  logger.info({ port: config.port }, 'worker is up');
}

await bootProcess('apps/worker', (drain) => boot(readConfig(process.env), drain));
