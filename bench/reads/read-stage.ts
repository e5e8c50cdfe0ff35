import { closeRedis, connected, Keys, openRedis, type RedisConnection } from '@millrace/redis';
import { startRedis } from '../../test/kit/index.js';
import { startApp, type RunningApp } from '../../tools/launch/apps.js';
import { accessWith, localApiKey } from '../../tools/launch/local-api-key.js';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { startEcho } from '../http/echo.js';
import { postRequest } from '../http/http-connection.js';
import { LoadClient } from '../http/load-client.js';
import { Customers, customerId, type BenchService } from './customers.js';

/** What the read workloads run on: the built api app in its own process, the echo, Redis with customers. */
export interface ReadStage {
  readonly api: RunningApp;
  /** A request for features of these customers, with the key that the api asks for. */
  readonly request: (service: BenchService, customers: readonly number[]) => Buffer;
  /** The same, of any route of the api. */
  readonly post: (route: string, body: unknown) => Buffer;
  readonly echoUrl: string;
  readonly echoPid: number;
  readonly redis: RedisConnection;
  readonly redisPid: number;
  readonly client: LoadClient;
  /** `redis://127.0.0.1:6379` */
  readonly redisUrl: string;
  readonly keys: Keys;
  readonly customers: Customers;
  /** For files of this run, and for servers that it starts. */
  readonly folder: string;
  readonly guard: Guard;
}

/** Sets the stage, runs the play, clears the stage. */
export async function onReadStage<T>(size: number, play: (stage: ReadStage) => Promise<T>): Promise<T> {
  const guard = new Guard();
  const [server, folder] = await Promise.all([
    startRedis({ save: '', appendonly: 'no' }),
    privateFolder(guard),
  ]);
  const redis = openRedis({ url: server.url, role: 'request', name: 'bench', commandTimeoutMs: 60_000 });
  const echo = await startEcho();
  const client = LoadClient.start();
  const apiKey = localApiKey();
  let api: RunningApp | undefined;
  try {
    await connected(redis);
    const keys = new Keys();
    const customers = await Customers.store(redis, keys, size, Date.now());
    api = await startApp('api', {
      redisUrl: server.url,
      // Serving needs no registry.
      databaseUrl: 'postgres://127.0.0.1:1/none',
      guard,
      folder: folder.path,
      environment: { MILLRACE_LOG_LEVEL: 'error', ...accessWith(apiKey) },
    });
    const { url } = api;
    const post = (route: string, body: unknown): Buffer =>
      postRequest(`${url}${route}`, JSON.stringify(body), apiKey);
    const request = (service: BenchService, of: readonly number[]): Buffer => {
      const entities = of.map((customer) => ({ customer: customerId(customer) }));
      return post('/v1/features', { service, entities });
    };
    return await play({
      api,
      request,
      post,
      echoUrl: echo.url,
      echoPid: echo.pid,
      redis,
      redisPid: await pidOf(redis),
      client,
      redisUrl: server.url,
      keys,
      customers,
      folder: folder.path,
      guard,
    });
  } finally {
    await api?.process.stop();
    client.stop();
    echo.stop();
    await closeRedis(redis);
    await server.stop();
    await folder.remove();
  }
}

async function pidOf(redis: RedisConnection): Promise<number> {
  return Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1]);
}
