import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { spawnApp, type AppName, type RunningApp } from '../../tools/launch/apps.js';
import { Guard } from '../../tools/local-services/guard.js';
import { privateFolder } from '../../tools/local-services/private-folder.js';
import { startPostgresOfItsOwn, startRedis, startTestApps } from '../kit/index.js';

/** What contract.md promises of every app. */
const DRAINED_WITHIN_MS = 10_000;
const APPS: readonly AppName[] = ['api', 'ingest', 'worker'];

async function drain({ process: app }: RunningApp): Promise<{ how: string; withinTime: boolean }> {
  const startedMs = performance.now();
  app.signal('SIGTERM');
  const how = await app.ended;
  return { how, withinTime: performance.now() - startedMs < DRAINED_WITHIN_MS };
}

it('every app drains on SIGTERM also while Redis and PostgreSQL are away', async () => {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgresOfItsOwn()]);
  const apps = await startTestApps({ redisUrl: redis.url, databaseUrl: postgres.url });
  try {
    await Promise.all([redis.kill(), postgres.stop()]);
    const outcomes = await Promise.all([apps.api, apps.ingest, ...apps.workers].map(drain));
    expect(outcomes).toEqual(outcomes.map(() => ({ how: 'exit code 0', withinTime: true })));
  } finally {
    await apps.stop();
    await redis.stop();
  }
});

it('every app that is still booting ends on SIGTERM with exit code 0', async () => {
  const guard = new Guard();
  const folder = await privateFolder(guard);
  const outcomes = await Promise.all(
    APPS.map(async (name) => {
      const redis = await silentServer();
      const app = await spawnApp(name, {
        redisUrl: redis.url,
        databaseUrl: 'postgres://localhost:1/none',
        guard,
        folder: folder.path,
      });
      // Its modules are loaded, and it waits for an answer.
      await redis.asked;
      const outcome = await drain(app);
      await redis.close();
      return outcome;
    }),
  );
  expect(outcomes).toEqual(outcomes.map(() => ({ how: 'exit code 0', withinTime: true })));
  await folder.remove();
});

/** Takes connections and never answers. */
async function silentServer(): Promise<{ url: string; asked: Promise<unknown>; close: () => Promise<void> }> {
  const server = createServer((socket) => void socket.on('error', () => socket.destroy()).resume());
  const asked = new Promise((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
