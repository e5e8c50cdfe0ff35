import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '@millrace/core';
import { closeRedis, Keys, openRedis, PlanStore, type RedisConnection } from '@millrace/redis';
import { Database, KEEP_ALL, PlanPublisher, Registry } from '@millrace/registry';
import { startPostgres, startRedis, type TestDatabase, type TestRedis } from '../../kit/index.js';
import { AIRPORT, BOARD, DELAYS, DEPARTURES, LATE_ONLY } from './board.js';

const ALL = [AIRPORT, DEPARTURES, DELAYS, BOARD];

function unexpected(error: Error): void {
  throw error;
}

let server: TestDatabase;
let database: Database;
let registry: Registry;

beforeAll(async () => {
  server = await startPostgres();
  database = new Database({ databaseUrl: server.url, onError: unexpected });
  registry = new Registry(database);
});

afterAll(async () => {
  await database.close();
  await server.stop();
});

const apply = (definitions: readonly unknown[], more: object = {}) =>
  registry.apply({ definitions, removal: KEEP_ALL, by: 'test', ...more });

async function refusal(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceError) return error;
  throw new Error('was not refused', { cause: error });
}

describe('the registry', () => {
  it('creates what is new at version 1', async () => {
    const { revision, changes, document } = await apply(ALL);
    expect(revision).toBe(1);
    expect(changes.created.map(({ name, version }) => `${name}@${version}`)).toEqual([
      'airport@1',
      'departures@1',
      'delays@1',
      'board@1',
    ]);
    expect(document.revision).toBe(1);
  });

  it('changes nothing when the same is applied again', async () => {
    const { revision, changes } = await apply(ALL);
    expect(revision).toBe(1);
    expect(changes.unchanged).toHaveLength(4);
    expect([...changes.created, ...changes.changed, ...changes.removed]).toEqual([]);
  });

  it('tells in a plan what an apply would do, and does nothing', async () => {
    const { changes } = await registry.plan({ definitions: [LATE_ONLY], removal: KEEP_ALL });
    expect(changes.changed).toEqual([
      {
        kind: 'FeatureGroup',
        name: 'delays',
        from: 1,
        to: 2,
        inPlace: false,
        reasons: ['where: "delay > 15" added'],
        services: ['board'],
        effect:
          'version 2 catches up with what the streams hold, and is served from then on; version 1 is computed until then',
      },
    ]);
    expect((await registry.state()).revision).toBe(1);
  });

  it('gives a new version when the meaning changes, and keeps the version when the description does', async () => {
    const described = { ...LATE_ONLY, description: 'Delays of late departures' };
    expect((await apply([LATE_ONLY])).changes.changed).toMatchObject([{ from: 1, to: 2, inPlace: false }]);
    expect((await apply([described])).changes.changed).toMatchObject([{ from: 2, to: 2, inPlace: true }]);
    expect((await registry.document()).groups).toMatchObject([{ name: 'delays', version: 2 }]);
  });

  it('gives a group a new version when the type of a field that it reads changes', async () => {
    const changed = { ...DEPARTURES, fields: { ...DEPARTURES.fields, delay: 'float' } };
    const { changes } = await registry.plan({ definitions: [changed], removal: KEEP_ALL });
    expect(changes.changed).toMatchObject([
      { name: 'delays', from: 2, to: 3, reasons: ['source departures: field delay: "int" → "float"'] },
      { name: 'departures', from: 1, to: 2 },
    ]);
  });

  it('keeps a pinned version in the plan', async () => {
    await apply([{ ...BOARD, features: ['delays@2'] }, DELAYS]);
    const document = await registry.document();
    expect(document.groups.map(({ version }) => version).toSorted((one, other) => one - other)).toEqual([
      2, 3,
    ]);
    expect(document.services[0]?.features[0]?.version).toBe(2);
  });

  it('refuses invalid definitions with all their faults, and changes nothing', async () => {
    const before = await registry.state();
    const error = await refusal(
      apply([
        { kind: 'Entty', name: 'x' },
        {
          kind: 'Source',
          name: 's',
          type: 'strem',
          fields: { a: 'integer' },
          timestampField: 'a',
          idfield: 'a',
        },
        { ...DELAYS, where: 'dely > 1' },
      ]),
    );
    expect(error.code).toBe('INVALID_DEFINITION');
    const faults = error.details['faults'] as { index: number; path: string; message: string }[];
    expect(faults.map(({ index, path, message }) => `${index} ${path}: ${message}`)).toEqual([
      '0 Entty/x.kind: there is no kind "Entty"; did you mean "Entity"?',
      '1 Source/s.idfield: there is no member `idfield`; did you mean `idField`?',
      '1 Source/s.type: `type` must be one of stream, push, batch, got "strem"; did you mean "stream"?',
      '1 Source/s.fields.a: there is no type "integer"; did you mean "int"?',
      '2 FeatureGroup/delays.where: there is no field or column "dely"; did you mean "delay"?',
    ]);
    expect(await registry.state()).toEqual(before);
  });

  it('refuses to change join keys and partitions of an entity', async () => {
    const error = await refusal(
      apply([{ ...AIRPORT, partitions: 8, joinKeys: [{ name: 'code', type: 'int' }] }]),
    );
    const faults = error.details['faults'] as { path: string; code: string }[];
    expect(faults.slice(0, 2).map(({ path, code }) => `${path} ${code}`)).toEqual([
      'Entity/airport.partitions IMMUTABLE',
      'Entity/airport.joinKeys IMMUTABLE',
    ]);
  });

  it('refuses to remove what something depends on', async () => {
    const error = await refusal(apply([], { removal: { prune: false, remove: [DELAYS] } }));
    expect(error.message).toBe(
      'FeatureService/board.features[0]: FeatureGroup/delays cannot be removed: FeatureService/board depends on it',
    );
  });

  it('goes on counting versions of a name that was removed', async () => {
    const both = { removal: { prune: false, remove: [DELAYS, BOARD] } };
    expect((await apply([], both)).changes.removed).toHaveLength(2);
    expect((await apply([DELAYS])).changes.created).toMatchObject([{ name: 'delays', version: 4 }]);
  });

  it('removes what the definitions do not hold only when asked to prune', async () => {
    expect((await apply([AIRPORT])).changes.removed).toEqual([]);
    const { changes } = await apply([AIRPORT, DEPARTURES], { removal: { prune: true } });
    expect(changes.removed).toMatchObject([{ name: 'delays', version: 4 }]);
  });

  it('refuses an apply when the registry moved since the plan', async () => {
    const { revision } = await registry.plan({ definitions: [DELAYS], removal: KEEP_ALL });
    await apply([DELAYS]);
    const error = await refusal(apply([LATE_ONLY], { expectedRevision: revision }));
    expect(error.code).toBe('CONFLICT');
  });

  it('lets concurrent appliers through one after the other', async () => {
    const variants = Array.from({ length: 8 }, (_, i) => ({ ...DELAYS, where: `delay > ${100 + i}` }));
    const results = await Promise.all(variants.map((variant) => apply([variant])));
    const versions = results.flatMap(({ changes }) => changes.changed.map(({ from, to }) => [from, to]));
    expect(new Set(versions.map(([, to]) => to)).size).toBe(8);
    expect(versions.every(([from = 0, to = 0]) => to === from + 1)).toBe(true);
  });
});

describe('a registry whose PostgreSQL is away', () => {
  it('says so', async () => {
    const away = new Database({ databaseUrl: 'postgres://127.0.0.1:1/none', onError: unexpected });
    const error = await refusal(new Registry(away).state());
    expect(error.code).toBe('POSTGRES_UNAVAILABLE');
    await away.close();
  });
});

describe('the plan in Redis', () => {
  let redisServer: TestRedis;
  let redis: RedisConnection;
  let store: PlanStore;

  beforeAll(async () => {
    redisServer = await startRedis();
    redis = openRedis({ url: redisServer.url, role: 'request', name: 'test' }, unexpected);
    store = new PlanStore(redis, new Keys());
  });

  afterAll(async () => {
    await closeRedis(redis);
    await redisServer.stop();
  });

  it('is published again when Redis lost it', async () => {
    const hints: number[] = [];
    const publisher = new PlanPublisher(registry, store, {
      hint: async () => void hints.push(1),
      onError: unexpected,
    });
    expect(await publisher.check()).toBe(true);
    const { revision } = await registry.state();
    expect(await store.revision()).toBe(revision);
    await redis.flushall();
    expect(await publisher.check()).toBe(true);
    expect(await store.load()).toEqual(await registry.document());
    expect(await publisher.check()).toBe(true);
    expect(hints).toHaveLength(2);
  });

  it('that is ahead of the registry is left alone, and said', async () => {
    const errors: Error[] = [];
    const publisher = new PlanPublisher(registry, store, {
      hint: async () => undefined,
      onError: (error) => void errors.push(error),
    });
    const document = await registry.document();
    await store.publish({ ...document, revision: document.revision + 100 });
    expect(await publisher.check()).toBe(false);
    expect(errors[0]?.message).toContain('they do not belong together');
    const held = await publisher.heldRevision();
    const changed = await apply([DELAYS], { aboveRevision: held });
    expect(changed.revision).toBe(document.revision + 101);
    expect(await publisher.check()).toBe(true);
  });
});
