import { afterAll, beforeAll, expect, it } from 'vitest';
import { EnvironmentError } from '@millrace/core';
import type { HttpApp } from '@millrace/http';
import { readConfig } from '../../../apps/api/src/config.js';
import { startApi } from '../../../apps/api/src/start.js';
import { startPostgres, startRedis, waitFor, type TestDatabase, type TestRedis } from '../../kit/index.js';

let redis: TestRedis;
let database: TestDatabase;
let api: HttpApp;
let url: string;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  // Resolves every token of the module, or fails.
  api = await startApi(
    readConfig({
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      MILLRACE_AUTH: 'off',
      MILLRACE_API_PORT: '0',
      MILLRACE_LOG_LEVEL: 'silent',
    }),
  );
  url = await api.app.getUrl();
});

afterAll(async () => {
  await api.app.close();
  await Promise.all([redis.stop(), database.stop()]);
});

it('the api app becomes ready on empty stores, with the empty plan', async () => {
  await waitFor('readiness', async () => (await fetch(`${url}/readyz`)).ok, { deadlineMs: 20_000 });
});

it('an unknown route is a problem document', async () => {
  const response = await fetch(`${url}/v1/nothing`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
});

it('a wrong variable is refused with its name, its value and what is allowed', () => {
  const environment = { REDIS_URL: redis.url, DATABASE_URL: database.url, MILLRACE_API_PORT: 'http' };
  expect(() => readConfig(environment)).toThrow(EnvironmentError);
  expect(() => readConfig(environment)).toThrow(
    'MILLRACE_API_PORT: "http" is not allowed; allowed: an integer',
  );
});
