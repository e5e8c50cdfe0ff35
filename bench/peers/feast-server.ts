import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { installFeast } from '../../test/feast/feast-install.js';
import { answersOk } from '../../tools/launch/apps.js';
import { repositoryRoot } from '../../tools/launch/repository.js';
import { freePort } from '../../tools/local-services/free-port.js';
import type { Guard } from '../../tools/local-services/guard.js';
import { ServerProcess } from '../../tools/local-services/server-process.js';
import { groupsOf, type BenchService } from '../reads/customers.js';

const BOOT_MS = 120_000;

export type FeatureRow = Readonly<Record<string, string | number | null>>;

export interface FeastStart {
  readonly redisUrl: string;
  readonly folder: string;
  readonly guard: Guard;
  readonly service: BenchService;
  /** One for each customer: its id and the value of each feature of the service. */
  readonly rows: readonly FeatureRow[];
  readonly say: (line: string) => void;
}

/** Feast's own feature server, with one worker, over rows that Feast wrote to Redis. */
export async function startFeastServer(start: FeastStart): Promise<{ url: string; process: ServerProcess }> {
  const feast = await installFeast(start.say);
  const folder = path.join(start.folder, 'feast');
  const rowsFile = path.join(start.folder, 'rows.json');
  await mkdir(folder);
  const { service, rows } = start;
  await writeFile(rowsFile, JSON.stringify({ service, groups: groupsOf(service), rows }));
  const program = path.join(repositoryRoot, 'bench', 'peers', 'feast_repository.py');
  start.say(`writing ${rows.length} customers through Feast …`);
  const code = await feast.python([program, folder, new URL(start.redisUrl).host, rowsFile]);
  if (code !== 0) throw new Error(`${program} exited ${code}`);

  const port = await freePort();
  const server = await ServerProcess.start(
    {
      name: 'feast serve',
      command: feast.program,
      // A worker replaces itself after a thousand requests unless it is told otherwise.
      arguments: `serve --host 127.0.0.1 --port ${port} --no-access-log --max-requests 1000000000`.split(' '),
      environment: feast.environment,
      folder,
      logFile: path.join(start.folder, 'feast.log'),
      stopSignal: 'SIGTERM',
    },
    start.guard,
  );
  const url = `http://127.0.0.1:${port}`;
  await server.ready(() => answersOk(`${url}/health`), BOOT_MS);
  return { url, process: server };
}
