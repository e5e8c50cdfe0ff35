import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Definition } from '@millrace/core';
import { closeRedis, connected, Keys, openRedis, PlanStore, type RedisConnection } from '@millrace/redis';
import { Database, KEEP_ALL, PlanPublisher, Registry } from '@millrace/registry';
import { startPostgres, startRedis, type TestDatabase, type TestRedis } from '../../kit/index.js';
import { AIRPORT, BOARD, DELAYS, DEPARTURES, LATE_ONLY } from './board.js';

const WITH_MAX: Definition = {
  ...DELAYS,
  aggregations: [{ of: 'delay', functions: ['mean', 'max'], windows: ['1h'] }],
};
const MAXIMA: Definition = { kind: 'FeatureService', name: 'maxima', features: ['delays:delay_max_1h'] };

let redisServer: TestRedis;
let redis: RedisConnection;
let server: TestDatabase;
let database: Database;
let registry: Registry;
let live: Set<string>;
let publisher: PlanPublisher;

beforeAll(async () => {
  redisServer = await startRedis();
  redis = openRedis({ url: redisServer.url, role: 'request', name: 'test' });
  await connected(redis);
});

beforeEach(async () => {
  server = await startPostgres();
  database = new Database({ databaseUrl: server.url, onError: fail });
  registry = new Registry(database);
  live = new Set();
  await redis.flushall();
  publisher = new PlanPublisher(registry, new PlanStore(redis, new Keys()), {
    hint: async () => undefined,
    onError: fail,
    isLive: async ({ name, version }) => live.has(`${name}@${version}`),
  });
  await apply(AIRPORT, DEPARTURES, DELAYS, BOARD);
  live.add('delays@1');
  await publisher.check();
  return async () => {
    await database.close();
    await server.stop();
  };
});

afterAll(async () => {
  await closeRedis(redis);
  await redisServer.stop();
});

function fail(error: Error): void {
  throw error;
}

async function apply(...definitions: Definition[]): Promise<void> {
  await registry.apply({ definitions, removal: KEEP_ALL, by: 'test' });
}

/** What the published plan computes, and what a service serves of it. */
async function published(service = 'board'): Promise<{ computed: string[]; served: string[] }> {
  await publisher.check();
  const plan = await new PlanStore(redis, new Keys()).load();
  const features = plan?.services.find(({ name }) => name === service)?.features ?? [];
  return {
    computed: (plan?.groups ?? []).map(({ name, version }) => `${name}@${version}`).toSorted(),
    served: features.map(({ group, version, feature }) => `${group}@${version}:${feature}`),
  };
}

it('a service stays with the version of before until the new one has caught up', async () => {
  await apply(LATE_ONLY);
  expect(await published()).toEqual({
    computed: ['delays@1', 'delays@2'],
    served: ['delays@1:delay_mean_1h'],
  });
  live.add('delays@2');
  expect(await published()).toEqual({ computed: ['delays@2'], served: ['delays@2:delay_mean_1h'] });
});

it('a version that is superseded before it caught up is never served', async () => {
  await apply(LATE_ONLY);
  await published();
  await apply(WITH_MAX);
  expect((await published()).served).toEqual(['delays@1:delay_mean_1h']);
  live.add('delays@3');
  expect((await published()).served).toEqual(['delays@3:delay_mean_1h', 'delays@3:delay_max_1h']);
});

it('a new service gets at once what only the new version has', async () => {
  await apply(WITH_MAX, MAXIMA);
  expect((await published('maxima')).served).toEqual(['delays@2:delay_max_1h']);
  expect((await published()).served).toEqual(['delays@1:delay_mean_1h']);
});

it('a group that is new is served while it catches up, and the revision stays when it has', async () => {
  await apply({ ...DELAYS, name: 'more_delays' }, { ...BOARD, name: 'more', features: ['more_delays'] });
  expect((await published('more')).served).toEqual(['more_delays@1:delay_mean_1h']);
  const { revision } = await registry.state();
  live.add('more_delays@1');
  await published('more');
  expect((await registry.state()).revision).toBe(revision);
});

it('a group that was removed and comes back does not fall back to its former life', async () => {
  await apply({ kind: 'FeatureService', name: 'board', features: ['other'] }, { ...DELAYS, name: 'other' });
  await registry.apply({
    definitions: [],
    removal: { prune: false, remove: [{ kind: 'FeatureGroup', name: 'delays' }] },
    by: 'test',
  });
  await apply(DELAYS, BOARD);
  expect((await published()).served).toEqual(['delays@2:delay_mean_1h']);
});
