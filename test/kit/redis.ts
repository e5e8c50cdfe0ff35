import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { closeRedis, connected, openRedis } from '@millrace/redis';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { redisBinary } from '../../tools/local-services/redis-binary.js';
import { startRedisServer, type RedisServer } from '../../tools/local-services/redis-server.js';
import { waitFor } from '../../tools/local-services/wait-for.js';

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
  /** Lets its snapshots fail as on a full disk: until `mendDisk` it refuses all writes (MISCONF). */
  breakDisk(): Promise<void>;
  mendDisk(): Promise<void>;
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
  const dump = path.join(options.folder, 'dump.rdb');
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
    breakDisk: async () => {
      // Nothing can be renamed to the name of a folder.
      await rm(dump, { force: true });
      await mkdir(dump);
      await snapshot(url, 'err');
    },
    mendDisk: async () => {
      await rm(dump, { recursive: true });
      await snapshot(url, 'ok');
    },
    stop: async () => {
      await server.process.stop();
      await folder.remove();
    },
  };
}

async function snapshot(url: string, outcome: 'ok' | 'err'): Promise<void> {
  const redis = openRedis({ url, role: 'request', name: 'test-kit' });
  await connected(redis);
  // Redis heeds failed snapshots only where it is to make some.
  await redis.config('SET', 'save', '3600 1000000');
  await redis.bgsave();
  await waitFor(
    `a snapshot to end with ${outcome}`,
    async () => (await redis.info('persistence')).includes(`rdb_last_bgsave_status:${outcome}`),
    { deadlineMs: 10_000, everyMs: 10 },
  );
  await closeRedis(redis);
}
