import 'reflect-metadata';
import { ModulesContainer } from '@nestjs/core';
import { PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA } from '@nestjs/common/constants.js';
import { Test } from '@nestjs/testing';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '@millrace/telemetry';
import { ApiModule } from '../../../apps/api/src/api.module.js';
import { readConfig as readApiConfig } from '../../../apps/api/src/config.js';
import { readConfig as readIngestConfig } from '../../../apps/ingest/src/config.js';
import { IngestModule } from '../../../apps/ingest/src/ingest.module.js';
import { readConfig as readWorkerConfig } from '../../../apps/worker/src/config.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { startPostgres, startRedis, type TestDatabase, type TestRedis } from '../../kit/index.js';

let redis: TestRedis;
let database: TestDatabase;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
});

afterAll(async () => {
  await redis.stop();
  await database.stop();
});

const environment = (): Record<string, string> => ({
  REDIS_URL: redis.url,
  DATABASE_URL: database.url,
  MILLRACE_LOG_LEVEL: 'fatal',
});

const APPS: readonly (readonly [name: string, module: () => DynamicModule])[] = [
  ['api', () => ApiModule.of(readApiConfig(environment()))],
  ['ingest', () => IngestModule.of(readIngestConfig(environment()))],
  [
    'worker',
    () => {
      const config = readWorkerConfig(environment());
      return WorkerModule.for(config, createLogger('worker', config.logLevel));
    },
  ],
];

describe.each(APPS)('apps/%s', (_name, moduleOf) => {
  let context: INestApplicationContext;

  beforeAll(async () => {
    context = await Test.createTestingModule({ imports: [moduleOf()] }).compile();
  });

  afterAll(() => context.close());

  test('every token resolves to something, unless its name says that it need not', () => {
    const empty = wrappers(context)
      .filter(({ instance }) => instance === undefined || instance === null)
      .map(({ name, token }) => String(token ?? name))
      .filter((token) => !token.includes('or undefined'));
    expect(empty).toEqual([]);
  });

  test('nothing is injected by its reflected type, which injects undefined where a flag is missing', () => {
    const byType = wrappers(context)
      .filter(({ metatype, inject }) => typeof metatype === 'function' && inject === undefined)
      .flatMap(({ metatype }) => implicitParameters(metatype as new (...parameters: never[]) => unknown));
    expect(byType).toEqual([]);
  });
});

/** Providers and controllers of our own modules; Nest's own are Nest's business. */
function wrappers(context: INestApplicationContext) {
  return [...context.get(ModulesContainer).values()]
    .filter((module) => /^(Api|Ingest|Worker)Module$/.test(module.name))
    .flatMap((module) => [...module.providers.values(), ...module.controllers.values()])
    .filter((wrapper) => !/^(ModuleRef|ApplicationConfig|REQUEST|INQUIRER)$/.test(String(wrapper.name)));
}

function implicitParameters(target: new (...parameters: never[]) => unknown): string[] {
  const declared = (Reflect.getMetadata(PARAMTYPES_METADATA, target) as unknown[] | undefined) ?? [];
  const explicit = Reflect.getMetadata(SELF_DECLARED_DEPS_METADATA, target) as
    { index: number }[] | undefined;
  const named = new Set((explicit ?? []).map(({ index }) => index));
  const count = Math.max(declared.length, target.length);
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => !named.has(index))
    .map((index) => `${target.name}, parameter ${index}`);
}
