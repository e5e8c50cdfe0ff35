import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { runner } from 'node-pg-migrate';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
const QUIET = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Brings the database to the schema of this release. Processes that start together wait for each other (an
 * advisory lock); what was done is done once. Answers the names of the migrations that ran.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Between two statements nobody waits for the connection: without a listener its end would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const ran = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'millrace_migration',
      advisoryLockMode: 'wait',
      logger: QUIET,
    });
    return ran.map((migration) => migration.name);
  } finally {
    await client.end().catch(() => undefined);
  }
}
