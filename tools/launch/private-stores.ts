import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { LocalServices } from '../local-services/local-services.js';

const KEYS_PER_SCAN = 1_000;

export interface PrivateStores {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** In front of every Redis key of this run. */
  readonly keyPrefix: string;
  /** Removes what this run wrote. */
  clear(): Promise<void>;
}

/**
 * A corner of the given stores that nobody else uses: a key prefix and a database of this run's own, so that
 * two runs on the same servers do not meet and nothing is left behind in servers that are not ours.
 */
export async function privateStores(services: LocalServices): Promise<PrivateStores> {
  const name = `millrace_run_${randomBytes(6).toString('hex')}`;
  const keyPrefix = `${name}:`;
  try {
    await execute(services.databaseUrl, `CREATE DATABASE ${name}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `No database for this run could be made in the server of DATABASE_URL (${reason}). ` +
        'Let its user create databases, or unset DATABASE_URL: then a server of this run is started.',
      { cause: error },
    );
  }
  const databaseUrl = new URL(services.databaseUrl);
  databaseUrl.pathname = `/${name}`;
  return {
    redisUrl: services.redisUrl,
    databaseUrl: databaseUrl.href,
    keyPrefix,
    clear: async () => {
      await removeKeys(services.redisUrl, keyPrefix);
      await execute(services.databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function removeKeys(redisUrl: string, prefix: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: KEYS_PER_SCAN })) {
      const found = keys as string[];
      if (found.length > 0) await redis.unlink(...found);
    }
  } finally {
    redis.disconnect();
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
