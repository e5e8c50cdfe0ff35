import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { Guard } from '../../tools/local-services/guard.js';
import { restartPostgresServer, startPostgresServer } from '../../tools/local-services/postgres-server.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';

/** Set by the global set-up of vitest: the server in which every test file gets a database of its own. */
export const SERVER_VARIABLE = 'MILLRACE_TEST_DATABASE_URL';

export interface TestDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

/** An empty database on a real PostgreSQL: in the server of this test run, else in a server of its own. */
export async function startPostgres(): Promise<TestDatabase> {
  const serverUrl = process.env[SERVER_VARIABLE];
  return serverUrl === undefined ? startPostgresOfItsOwn() : createDatabase(serverUrl);
}

export interface TestDatabaseServer extends TestDatabase {
  readonly pid: number;
  /** Ends its sessions and itself; its clients find nobody until `restart`. */
  halt(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** A server that only the caller knows: for tests that stop or kill it. */
export async function startPostgresOfItsOwn(): Promise<TestDatabaseServer> {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const options = { folder: `${folder.path}/postgres`, guard };
  const { url, process: first } = await startPostgresServer(options);
  let server = first;
  return {
    url,
    get pid() {
      return server.pid;
    },
    halt: () => server.stop(),
    restart: async () => {
      server = await restartPostgresServer(url, options);
    },
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `millrace_test_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
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
