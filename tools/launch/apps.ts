import { get } from 'node:http';
import path from 'node:path';
import { freePort } from '../local-services/free-port.js';
import type { Guard } from '../local-services/guard.js';
import { ServerProcess } from '../local-services/server-process.js';
import { builtFile } from './repository.js';

export type AppName = 'api' | 'ingest' | 'worker';

/** Boot and migrations; a machine with two busy cores needs the rest. */
const BOOT_MS = 60_000;
/** Apps look for a new plan each second. */
const READY_MS = 20_000;
const PROBE_MS = 2_000;
const PORT_VARIABLES = {
  api: 'MILLRACE_API_PORT',
  ingest: 'MILLRACE_INGEST_PORT',
  worker: 'MILLRACE_WORKER_PORT',
} as const satisfies Record<AppName, string>;

/** As in the Dockerfile, where it says why. */
export const NODE_ARGUMENTS: Readonly<Record<AppName, readonly string[]>> = {
  api: ['--v8-pool-size=1', '--max-semi-space-size=64'],
  ingest: ['--v8-pool-size=1'],
  worker: ['--v8-pool-size=1', '--max-semi-space-size=64', '--heap-growing-percent=100'],
};

export interface AppStart {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly guard: Guard;
  /** Where the log of the app goes. */
  readonly folder: string;
  /** Default a free one. */
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningApp {
  readonly url: string;
  readonly process: ServerProcess;
}

/**
 * Starts one of the three built apps and waits until it serves. It is not ready to work before a plan was
 * applied: see `ready`.
 */
export async function startApp(app: AppName, start: AppStart): Promise<RunningApp> {
  const running = await spawnApp(app, start);
  await running.process.ready(() => answersOk(`${running.url}/healthz`), BOOT_MS);
  return running;
}

/** Starts an app without waiting for it: several boot faster together. */
export async function spawnApp(app: AppName, start: AppStart): Promise<RunningApp> {
  const port = start.port ?? (await freePort());
  const server = await ServerProcess.start(
    {
      name: `apps/${app}`,
      command: process.execPath,
      arguments: ['--enable-source-maps', ...NODE_ARGUMENTS[app], builtFile(`apps/${app}/src/main.js`)],
      environment: {
        REDIS_URL: start.redisUrl,
        DATABASE_URL: start.databaseUrl,
        MILLRACE_HOST: '127.0.0.1',
        // Only one api of a machine can have the usual port of the page.
        MILLRACE_PAGE_PORT: 'off',
        // Tests talk to apps of their own on this machine; `npm start` and the demo ask for a key.
        MILLRACE_AUTH: 'off',
        [PORT_VARIABLES[app]]: String(port),
        ...start.environment,
      },
      logFile: path.join(start.folder, `${app}-${port}.log`),
      stopSignal: 'SIGTERM',
    },
    start.guard,
  );
  return { url: `http://127.0.0.1:${port}`, process: server };
}

export interface RunningApps {
  readonly api: RunningApp;
  readonly ingest: RunningApp;
  readonly workers: readonly RunningApp[];
  /** Waits until all of them are ready to work: their stores answer, and they have loaded a plan. */
  ready(): Promise<void>;
  /** Drains them, ingest first, so that what was accepted can still be applied. */
  stop(): Promise<void>;
}

export interface AppsStart extends Omit<AppStart, 'port'> {
  readonly workers?: number;
  readonly ports?: Readonly<Partial<Record<AppName, number>>>;
}

/** Starts an api, an ingest and one or more workers, together. */
export async function startApps({ workers = 1, ports = {}, ...start }: AppsStart): Promise<RunningApps> {
  const names: AppName[] = ['api', 'ingest', ...Array.from({ length: workers }, () => 'worker' as const)];
  const outcomes = await Promise.allSettled(
    names.map((app, index) => {
      // Only the first worker can have a given port.
      const port = index < 3 ? ports[app] : undefined;
      return startApp(app, { ...start, ...(port === undefined ? {} : { port }) });
    }),
  );
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  const [api, ingest, ...ofWorkers] = running;
  if (failure !== undefined || api === undefined || ingest === undefined) {
    await Promise.all(running.map((app) => app.process.stop()));
    throw failure?.reason ?? new Error('no app was started');
  }
  const stop = async (): Promise<void> => {
    await ingest.process.stop();
    await Promise.all([api, ...ofWorkers].map((app) => app.process.stop()));
  };
  const ready = async (): Promise<void> => {
    await Promise.all(
      running.map(({ url, process: server }) => server.ready(() => answersOk(`${url}/readyz`), READY_MS)),
    );
  };
  return { api, ingest, workers: ofWorkers, ready, stop };
}

/** Not by `fetch`: it refuses to speak to some ports, and the api's usual one, 6566, is among them. */
export function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: PROBE_MS }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
