import path from 'node:path';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { redisBinary } from '../../tools/local-services/redis-binary.js';
import { startRedisServer, type RedisServer } from '../../tools/local-services/redis-server.js';

/** A real Redis of one test file: it may be filled, flushed, killed and started again. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the data that its append-only file holds. */
  restart(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Where the append-only file is. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** @param settings as in redis.conf: `{ maxmemory: '64mb' }`. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<TestRedis> {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const options = {
    binary: await redisBinary((line) => console.error(line)),
    folder: path.join(folder.path, 'redis'),
    guard,
    settings,
  };
  let server: RedisServer = await startRedisServer(options);
  const { url, port } = server;
  return {
    url,
    port,
    folder: options.folder,
    get pid() {
      return server.process.pid;
    },
    kill: () => server.process.kill(),
    restart: async () => {
      await server.process.stop();
      server = await startRedisServer({ ...options, port });
    },
    signal: (signal) => server.process.signal(signal),
    stop: async () => {
      await server.process.stop();
      await folder.remove();
    },
  };
}
