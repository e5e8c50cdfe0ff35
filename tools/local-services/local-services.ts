import path from 'node:path';
import { Guard } from './guard.js';
import { startPostgresServer } from './postgres-server.js';
import { privateFolder } from './private-folder.js';
import { redisBinary } from './redis-binary.js';
import { startRedisServer } from './redis-server.js';
import type { ServerProcess } from './server-process.js';

export interface LocalServices {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** For the logs and scratch files of whatever else this run starts. */
  readonly folder: string;
  readonly guard: Guard;
  /** Stops what was started here, in reverse order, and removes the folder. */
  stop(): Promise<void>;
}

/**
 * The stores of one run: those that REDIS_URL and DATABASE_URL name, else servers of our own on free ports,
 * in a private folder, which end with this process however it ends.
 */
export async function startLocalServices(say: (line: string) => void): Promise<LocalServices> {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of started.toReversed()) await server.stop();
    await folder.remove();
  };
  try {
    const redisUrl = givenUrl('REDIS_URL', say) ?? (await ownRedis());
    const databaseUrl = givenUrl('DATABASE_URL', say) ?? (await ownPostgres());
    return { redisUrl, databaseUrl, folder: folder.path, guard, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function ownRedis(): Promise<string> {
    const binary = await redisBinary(say);
    const server = await startRedisServer({ binary, folder: path.join(folder.path, 'redis'), guard });
    started.push(server.process);
    say(`Redis on port ${server.port} (${binary})`);
    return server.url;
  }

  async function ownPostgres(): Promise<string> {
    const server = await startPostgresServer({ folder: path.join(folder.path, 'postgres'), guard });
    started.push(server.process);
    say(`PostgreSQL on port ${new URL(server.url).port}`);
    return server.url;
  }
}

function givenUrl(variable: 'REDIS_URL' | 'DATABASE_URL', say: (line: string) => void): string | undefined {
  const url = process.env[variable];
  if (url === undefined || url === '') return undefined;
  say(`${variable} is set: using ${withoutPassword(url)}`);
  return url;
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@]*@/, '$1:***@');
}
