import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { nestLogger, type Logger } from '@millrace/telemetry';
import type { FastifyInstance } from 'fastify';
import { planHintTransport } from './plan-hint.js';
import { createHttpAdapter } from './server.js';
import { SingleParameters } from './single-parameters.js';

/** An app that answers HTTP and hears of new plans. */
export interface HttpApp {
  readonly app: NestFastifyApplication;
  readonly server: FastifyInstance;
  readonly logger: Logger;
}

interface HttpAppOptions {
  readonly bodyBytesMax: number;
  readonly redisUrl: string;
  /** The token under which the module provides its logger. */
  readonly logger: symbol;
}

/** Puts the app together; bodies are read as its routes say. */
export async function createHttpApp(
  module: DynamicModule,
  { bodyBytesMax, redisUrl, logger: token }: HttpAppOptions,
): Promise<HttpApp> {
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter({ bodyBytesMax }), {
    bodyParser: false,
    bufferLogs: true,
  });
  const logger = app.get<Logger>(token);
  app.useLogger(nestLogger(logger));
  app.useGlobalPipes(new SingleParameters());
  app.connectMicroservice(planHintTransport(redisUrl));
  return { app, server: app.getHttpAdapter().getInstance(), logger };
}

interface Listening {
  readonly host: string;
  readonly port: number;
  /** An app that boots while Redis is away serves as soon as it is back; until then it is not ready. */
  readonly connected: Promise<unknown>;
  readonly plan: { start(): Promise<void> };
}

/** Answers requests from now on. */
export async function startListening(
  { app, logger }: HttpApp,
  { host, port, connected, plan }: Listening,
): Promise<void> {
  await connected.catch((error: unknown) => logger.warn({ err: error }, 'started without Redis'));
  await plan.start();
  await app.startAllMicroservices();
  await app.listen(port, host);
  logger.info({ address: await app.getUrl() }, 'listening');
}
