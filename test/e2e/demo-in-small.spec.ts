import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDefinitions } from '../../tools/demo/definitions.js';
import { loadFlights } from '../../tools/demo/flights.js';
import { measureFreshness } from '../../tools/demo/freshness.js';
import { Client } from '../../tools/demo/http.js';
import { replay, untilApplied } from '../../tools/demo/replay.js';
import { busiestAirports } from '../../tools/demo/report.js';
import { verify } from '../../tools/demo/verify.js';
import {
  startPostgres,
  startRedis,
  startTestApps,
  type TestApps,
  type TestDatabase,
  type TestRedis,
} from '../kit/index.js';

const FLIGHTS = 2_000;
const SINGLE_FLIGHTS = 20;

let redis: TestRedis;
let database: TestDatabase;
let apps: TestApps;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  apps = await startTestApps({ redisUrl: redis.url, databaseUrl: database.url, workers: 2 });
});

afterAll(async () => {
  await apps.stop();
  await redis.stop();
  await database.stop();
});

test('every value served for real flights is the one recomputed from the raw file', async () => {
  const client = new Client(apps.api.url, apps.ingest.url);
  await client.apply(await readDefinitions('flights'));
  await apps.ready();
  const flights = (await loadFlights(Date.now())).slice(0, FLIGHTS);
  const many = flights.slice(0, -SINGLE_FLIGHTS);

  const replayed = await replay(client, many);
  const freshness = await measureFreshness(client, flights.slice(-SINGLE_FLIGHTS), many);
  await untilApplied(client, flights);
  const verification = await verify(client, flights);

  expect(verification.wrong).toEqual([]);
  expect(verification.values).toBeGreaterThan(5_000);
  expect(replayed).toMatchObject({ accepted: many.length, duplicates: 500 });
  expect(freshness.samples).toBeGreaterThan(0);
  expect(busiestAirports(verification.airports).split('\n')).toHaveLength(7);
});
