import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDefinitions } from '../../tools/demo/definitions.js';
import { loadFlights } from '../../tools/demo/flights.js';
import { Client } from '../../tools/demo/http.js';
import { replay, untilApplied } from '../../tools/demo/replay.js';
import { verify } from '../../tools/demo/verify.js';
import {
  startPostgres,
  startRedisCluster,
  startTestApps,
  type TestApps,
  type TestDatabase,
  type TestRedisCluster,
} from '../kit/index.js';

const FLIGHTS = 600;

let cluster: TestRedisCluster;
let database: TestDatabase;
let apps: TestApps;

beforeAll(async () => {
  [cluster, database] = await Promise.all([startRedisCluster(), startPostgres()]);
  apps = await startTestApps({ redisUrl: cluster.url, databaseUrl: database.url, workers: 2 });
});

afterAll(async () => {
  await apps.stop();
  await Promise.all([cluster.stop(), database.stop()]);
});

test('the three apps on a Redis Cluster of three nodes serve every value as it is recomputed', async () => {
  const client = new Client(apps.api.url, apps.ingest.url);
  await client.apply(await readDefinitions('flights'));
  await apps.ready();
  const flights = (await loadFlights(Date.now())).slice(0, FLIGHTS);
  await replay(client, flights);
  await untilApplied(client, flights);
  const verification = await verify(client, flights);
  expect(verification.wrong).toEqual([]);
  expect(verification.values).toBeGreaterThan(1_000);
});

test.each([
  '/v1/partitions',
  '/v1/freshness',
  '/v1/dead-letters',
  '/v1/processes',
  '/admin/queues/api/queues',
  '/readyz',
])('GET %s of the api answers on a cluster too', async (path) => {
  const answer = await fetch(`${apps.api.url}${path}`);
  expect([answer.status, (await answer.text()).includes('CROSSSLOT')]).toEqual([200, false]);
});

test('a drain gives back what it has in hand on a cluster too', async () => {
  const worker = await apps.addWorker();
  worker.process.signal('SIGTERM');
  expect(await worker.process.ended).toBe('exit code 0');
});
