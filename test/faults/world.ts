import path from 'node:path';
import { readPartitionStatus } from '@millrace/actor';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  partitionsOf,
  PlanStore,
  type RedisConnection,
} from '@millrace/redis';
import type { PlanDocument } from '@millrace/core';
import { spawnApp, startApp, type RunningApp } from '../../tools/launch/apps.js';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder, type PrivateFolder } from '../../tools/local-services/private-folder.js';
import type { ServerProcess } from '../../tools/local-services/server-process.js';
import { waitFor } from '../../tools/local-services/wait-for.js';
import { startRedis, type TestRedis } from '../kit/index.js';
import { PLAN } from './payments.js';
import { sendRaw } from './raw-http.js';

/** The test looks from outside: what it sees must not depend on how busy the machine is. */
const COMMAND_MS = 10_000;
const READY_MS = 20_000;

export interface WorldOptions {
  readonly workers: number;
  /** Settings of Redis. */
  readonly redis?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default the payments alone. */
  readonly plan?: PlanDocument;
  /** Whether an api serves beside them; default not. */
  readonly api?: boolean;
  /** Where the apps find Redis, where that is not Redis itself but a proxy before it. */
  readonly redisUrlOf?: (server: TestRedis) => Promise<string>;
}

/** A running Millrace without PostgreSQL, which the data plane does not need: Redis, ingest, some workers. */
export class FaultWorld {
  readonly keys = new Keys();
  readonly workers: RunningApp[] = [];
  #api: RunningApp | undefined;

  private constructor(
    readonly server: TestRedis,
    readonly redis: RedisConnection,
    public ingest: RunningApp,
    private readonly start: Omit<Parameters<typeof startApp>[1], 'port'>,
    private readonly folder: PrivateFolder,
  ) {}

  static async open(options: WorldOptions): Promise<FaultWorld> {
    const server = await startRedis(options.redis);
    const redis = openRedis({
      url: server.url,
      role: 'request',
      name: 'fault-test',
      commandTimeoutMs: COMMAND_MS,
    });
    await connected(redis);
    await new PlanStore(redis, new Keys()).publish(options.plan ?? PLAN);
    const guard = new Guard();
    const folder = await privateFolder(guard);
    const start = {
      redisUrl: (await options.redisUrlOf?.(server)) ?? server.url,
      databaseUrl: 'postgres://not-used',
      guard,
      folder: path.resolve(folder.path),
      environment: { MILLRACE_LOG_LEVEL: 'warn', ...options.environment },
    };
    const ingest = await startApp('ingest', start);
    const world = new FaultWorld(server, redis, ingest, start, folder);
    await Promise.all([
      options.api && world.addApi(),
      ...Array.from({ length: options.workers }, () => world.addWorker()),
    ]);
    return world;
  }

  /** The api, in a world that was opened with one. */
  get api(): RunningApp {
    if (!this.#api) throw new Error('this world has no api');
    return this.#api;
  }

  /** An api is ready once it has loaded the plan. */
  private async addApi(): Promise<void> {
    const api = (this.#api = await startApp('api', this.start));
    await api.process.ready(async () => {
      const answer = await sendRaw(api.url, { method: 'GET', path: '/readyz' }, COMMAND_MS);
      return answer.status === 200;
    }, READY_MS);
  }

  async addWorker(environment: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    const worker = await startApp('worker', {
      ...this.start,
      environment: { ...this.start.environment, ...environment },
    });
    this.workers.push(worker);
    return worker;
  }

  /** Starts a worker that need not live until it is ready. */
  async spawnWorker(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const worker = await spawnApp('worker', {
      ...this.start,
      environment: { ...this.start.environment, ...environment },
    });
    return worker.process;
  }

  /** Waits until this test's own connection is back after a fault. */
  reconnected(): Promise<void> {
    return connected(this.redis, 20_000);
  }

  /** Ends a worker with kill -9. */
  async killWorker(worker: RunningApp): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.process.kill();
  }

  /** Drains a worker with SIGTERM; answers how long it took, in ms. */
  async drainWorker(worker: RunningApp): Promise<number> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    return drain(worker);
  }

  /** A second ingest process beside the first. */
  addIngest(): Promise<RunningApp> {
    return startApp('ingest', this.start);
  }

  /** Drains the ingest process, in whose place another one stands; answers how long it took, in ms. */
  async replaceIngest(next: RunningApp): Promise<number> {
    const outgoing = this.ingest;
    this.ingest = next;
    return drain(outgoing);
  }

  /** Waits until every mailbox is empty; answers how long that took, in ms. */
  async drained(deadlineMs = 180_000): Promise<number> {
    const startedMs = performance.now();
    const partitions = PLAN.entities.flatMap(partitionsOf);
    await waitFor(
      'every mailbox to be empty',
      async () => {
        const status = await readPartitionStatus(this.redis, this.keys, partitions);
        return status.every(({ mailbox }) => mailbox.frames === 0);
      },
      { deadlineMs, everyMs: 50 },
    );
    return performance.now() - startedMs;
  }

  async close(): Promise<void> {
    const apps = [this.ingest, ...this.workers, ...(this.#api ? [this.#api] : [])];
    await Promise.all(apps.map((app) => app.process.stop()));
    await closeRedis(this.redis);
    await this.server.stop();
    await this.folder.remove();
  }
}

async function drain(app: RunningApp): Promise<number> {
  const startedMs = performance.now();
  app.process.signal('SIGTERM');
  const how = await app.process.ended;
  if (how !== 'exit code 0') {
    throw new Error(`${app.process.name} ended with ${how} after SIGTERM\n${app.process.logTail(10)}`);
  }
  return performance.now() - startedMs;
}
