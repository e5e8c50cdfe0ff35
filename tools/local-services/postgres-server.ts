import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.js';
import type { Guard } from './guard.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { ServerProcess } from './server-process.js';
import { unprivilegedUser, type SystemUser } from './unprivileged-user.js';

const run = promisify(execFile);
const READY_MS = 30_000;
/** Between choosing a free port and listening on it, somebody else may take it. */
const PORT_ATTEMPTS = 5;

export interface PostgresServer {
  /** Of a database that exists and is empty. */
  readonly url: string;
  readonly process: ServerProcess;
}

export interface PostgresServerOptions {
  readonly folder: string;
  readonly guard: Guard;
}

/** Makes a fresh cluster in the folder and starts it on a free port, for this machine's user alone. */
export async function startPostgresServer({ folder, guard }: PostgresServerOptions): Promise<PostgresServer> {
  await mkdir(folder, { recursive: true });
  const user = await unprivilegedUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const binaries = await postgresBinaries(folder, user !== undefined);
  const password = randomBytes(16).toString('hex');
  await makeCluster({ binaries, folder, password, user });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const url = `postgres://millrace:${password}@127.0.0.1:${port}/postgres`;
    try {
      return { url, process: await startOnPort({ port, url, binaries, folder, user, guard }) };
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !isPortTaken(error)) throw error;
    }
  }
}

/** Starts a server that ended on its own data and port again, so that its clients find it where it was. */
export async function restartPostgresServer(
  url: string,
  { folder, guard }: PostgresServerOptions,
): Promise<ServerProcess> {
  const user = await unprivilegedUser();
  const binaries = await postgresBinaries(folder, user !== undefined);
  return startOnPort({ port: Number(new URL(url).port), url, binaries, folder, user, guard });
}

interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly folder: string;
  readonly user: SystemUser | undefined;
}

async function makeCluster(cluster: Cluster & { readonly password: string }): Promise<void> {
  const { binaries, folder, password, user } = cluster;
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  const settings = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=millrace'];
  const files = [`--pgdata=${path.join(folder, 'cluster')}`, `--pwfile=${passwordFile}`, '--no-sync'];
  try {
    await run(binaries.initdb, [...settings, ...files], { cwd: folder, ...identity(user) });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`initdb failed:\n${stdout}${stderr}`, { cause: error });
  }
  await rm(passwordFile);
}

async function startOnPort(
  options: Cluster & { readonly port: number; readonly url: string; readonly guard: Guard },
): Promise<ServerProcess> {
  const { port, url, binaries, folder, user, guard } = options;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // The cluster is removed with the run: it has to survive its clients, not a power cut.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    max_wal_size: '256MB',
  };
  const server = await ServerProcess.start(
    {
      name: 'PostgreSQL',
      command: binaries.postgres,
      arguments: ['-D', path.join(folder, 'cluster'), ...asArguments(settings)],
      folder,
      logFile: path.join(folder, 'postgres.log'),
      // "Fast shutdown": end the sessions, then stop.
      stopSignal: 'SIGINT',
      ...(user === undefined ? {} : { user }),
    },
    guard,
  );
  await server.ready(() => answersQuery(url), READY_MS);
  return server;
}

function asArguments(settings: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function identity(user: SystemUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /address already in use/i.test(error.message);
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
