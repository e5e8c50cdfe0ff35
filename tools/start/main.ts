/** `npm start`: the local services and the three apps, empty, until Ctrl-C. */
import { startApps, type AppName, type RunningApps } from '../launch/apps.js';
import { untilAskedToStop } from '../launch/stop-request.js';
import { freePort } from '../local-services/free-port.js';
import { isPortFree } from '../local-services/is-port-free.js';
import { startLocalServices } from '../local-services/local-services.js';

/** The ports that the documents name; where one is taken, a free one is used and said. */
const USUAL_PORTS = { api: 6566, ingest: 6567, worker: 6568 } as const satisfies Record<AppName, number>;

const stopRequest = untilAskedToStop();
const say = (line: string): void => console.error(`  ${line}`);

const services = await startLocalServices(say);
let apps: RunningApps | undefined;
try {
  say('starting the three apps …');
  apps = await startApps({
    redisUrl: services.redisUrl,
    databaseUrl: services.databaseUrl,
    guard: services.guard,
    folder: services.folder,
    ports: {
      api: await usualOrFreePort('api'),
      ingest: await usualOrFreePort('ingest'),
      worker: await usualOrFreePort('worker'),
    },
  });
  console.log(
    [
      '',
      `api     ${apps.api.url}      documentation at ${apps.api.url}/docs`,
      `ingest  ${apps.ingest.url}      documentation at ${apps.ingest.url}/docs`,
      `logs    ${services.folder}`,
      '',
      'Try:',
      `  MILLRACE_API_URL=${apps.api.url} npx millrace apply examples/flights`,
      '',
      'Ctrl-C stops everything.',
    ].join('\n'),
  );
  await stopRequest;
} finally {
  say('stopping …');
  await apps?.stop();
  await services.stop();
}

async function usualOrFreePort(app: AppName): Promise<number> {
  const usual = USUAL_PORTS[app];
  return (await isPortFree(usual)) ? usual : freePort();
}
