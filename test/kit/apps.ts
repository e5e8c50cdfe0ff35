import path from 'node:path';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { startApp, startApps, type RunningApp, type RunningApps } from '../../tools/launch/apps.js';

export interface TestApps extends RunningApps {
  /** One more worker on the same stores. */
  addWorker(environment?: Readonly<Record<string, string>>): Promise<RunningApp>;
}

export interface TestAppsOptions {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly workers?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The three built apps (`npm run build` first) on free ports, with their logs in a folder of their own. */
export async function startTestApps(options: TestAppsOptions): Promise<TestApps> {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const start = { ...options, guard, folder: path.resolve(folder.path) };
  const apps = await startApps(start);
  const added: RunningApp[] = [];
  return {
    ...apps,
    addWorker: async (environment = {}) => {
      const worker = await startApp('worker', {
        ...start,
        environment: { ...options.environment, ...environment },
      });
      added.push(worker);
      return worker;
    },
    stop: async () => {
      await apps.stop();
      await Promise.all(added.map((worker) => worker.process.stop()));
      await folder.remove();
    },
  };
}
