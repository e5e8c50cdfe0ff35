import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import {
  compileGroup,
  entityIdOf,
  partitionOf,
  type AggregatedGroupPlan,
  type Column,
  type GroupBatch,
  type PlanDocument,
} from '@millrace/core';
import { Keys, PlanStore, partitionName, stateField } from '@millrace/redis';
import { readConfig } from '../../../apps/api/src/config.js';
import { startApi } from '../../../apps/api/src/start.js';
import { startRedis, type TestRedis } from '../../kit/index.js';

/** An event of a group: its time, and the values of the group's inputs by name. */
export interface StoredEvent {
  readonly at: number;
  readonly values: Readonly<Record<string, number | bigint | string | null>>;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  /** The exact bytes: integers beyond 2^53 do not survive JSON.parse. */
  readonly text: string;
  /** The parsed body, {} where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Its feature vectors, where it is an answer of `POST /v1/features`. */
  readonly results: readonly Vector[];
  /** The first of them. */
  readonly first: Vector;
}

type ByFeature<T> = Readonly<Record<string, T>>;

export interface Vector {
  readonly entity: object;
  readonly variant?: string;
  readonly asOf?: string;
  readonly values: ByFeature<unknown>;
  readonly statuses: ByFeature<string>;
  readonly eventTimes: ByFeature<string | null>;
  readonly evidence?: ByFeature<unknown>;
  readonly faults?: ByFeature<string>;
}

const NO_VECTOR: Vector = { entity: {}, values: {}, statuses: {}, eventTimes: {} };

/** The api app on a Redis of its own, in this process, with states written as turns write them. */
export interface RunningApi {
  readonly url: string;
  readonly redis: Redis;
  readonly keys: Keys;
  store(
    group: AggregatedGroupPlan,
    joinKeys: readonly string[],
    events: readonly StoredEvent[],
  ): Promise<void>;
  post(path: string, body: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** How many clients are connected. */
  connections(): Promise<number>;
  stop(): Promise<void>;
}

export async function runApi(
  plan: PlanDocument,
  environment: Readonly<Record<string, string>> = {},
  /** Where the api finds Redis, where that is a proxy before it. */
  redisUrlOf?: (server: TestRedis) => Promise<string>,
): Promise<RunningApi> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const keys = new Keys();
  await new PlanStore(redis, keys).publish(plan);
  const config = readConfig({
    MILLRACE_AUTH: 'off',
    REDIS_URL: (await redisUrlOf?.(server)) ?? server.url,
    // Serving needs no registry: the data plane works with PostgreSQL away.
    DATABASE_URL: 'postgres://127.0.0.1:1/away',
    MILLRACE_API_PORT: '0',
    MILLRACE_LOG_LEVEL: 'silent',
    ...environment,
  });
  const { app, server: http } = await startApi(config);
  const url = await app.getUrl();
  return {
    url,
    redis,
    keys,
    store: (group, joinKeys, events) => store(redis, keys, plan, group, joinKeys, events),
    post: (path, body) => post(`${url}${path}`, body),
    get: async (path) => answerOf(await fetch(`${url}${path}`)),
    connections: () => promisify(http.server.getConnections.bind(http.server))(),
    stop: async () => {
      await app.close();
      redis.disconnect();
      await server.stop();
    },
  };
}

/** Applies events to the state of one entity with the engine, and stores it where a turn would. */
async function store(
  redis: Redis,
  keys: Keys,
  plan: PlanDocument,
  group: AggregatedGroupPlan,
  joinKeys: readonly string[],
  events: readonly StoredEvent[],
): Promise<void> {
  const entity = plan.entities.find(({ name }) => name === group.entity);
  if (!entity) throw new Error(`no entity ${group.entity}`);
  const engine = compileGroup(group);
  const timeline = engine.create();
  const batch = batchOf(group, events);
  for (let row = 0; row < batch.size; row++) engine.apply(timeline, batch, row);
  const entityId = entityIdOf(joinKeys);
  const partition = partitionName(entity.name, partitionOf(entityId, entity.partitions));
  await redis.hset(keys.actor(partition, entityId), stateField(group), Buffer.from(engine.encode(timeline)));
}

function batchOf(group: AggregatedGroupPlan, events: readonly StoredEvent[]): GroupBatch {
  return {
    size: events.length,
    eventTime: Float64Array.from(events, ({ at }) => at),
    columns: group.inputs.map(({ name, type }): Column => {
      const cells = events.map(({ values }) => values[name] ?? null);
      if (type === 'string') return { kind: 'string', values: cells.map((cell) => cell as string | null) };
      const wide = cells.flatMap((cell, row) => (typeof cell === 'bigint' ? [[row, cell] as const] : []));
      const values = Float64Array.from(cells, (cell) => (cell === null ? NaN : Number(cell)));
      return { kind: 'number', values, ...(wide.length > 0 && { wide: new Map(wide) }) };
    }),
    filters: group.filters.map(() => new Uint8Array(events.length).fill(1)),
  };
}

async function post(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return answerOf(response);
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  const isJson = contentType !== null && /[/+]json\b/.test(contentType) && text !== '';
  const body = (isJson ? JSON.parse(text) : {}) as Answer['body'];
  const results = (Array.isArray(body['results']) ? body['results'] : []) as readonly Vector[];
  return {
    status: response.status,
    contentType,
    retryAfter: response.headers.get('retry-after'),
    text,
    body,
    results,
    first: results[0] ?? NO_VECTOR,
  };
}
