/** `npm start`: the local services and the three apps, empty, until Ctrl-C. */
import { startApps, type AppName, type RunningApps } from '../launch/apps.js';
import { accessWith, localApiKey } from '../launch/local-api-key.js';
import { supervise } from '../launch/supervise.js';
import { freePort } from '../local-services/free-port.js';
import { isPortFree } from '../local-services/is-port-free.js';
import { startLocalServices } from '../local-services/local-services.js';

/** The ports that the documents name; where one is taken, a free one is used and said. */
const USUAL_PORTS = { api: 6566, ingest: 6567, worker: 6568 } as const satisfies Record<AppName, number>;
/** Where the api serves browsers too, because they refuse to open its own port. */
const USUAL_PAGE_PORT = 6560;

const say = (line: string): void => console.error(`  ${line}`);

await supervise(async (undo, untilStopped) => {
  const services = await startLocalServices(say);
  undo(() => services.stop());
  say('starting the three apps …');
  const { redisUrl, databaseUrl, guard, folder } = services;
  const pagePort = await portOf(USUAL_PAGE_PORT, 'MILLRACE_PAGE_PORT');
  const apiKey = localApiKey();
  const apps = await startApps({
    redisUrl,
    databaseUrl,
    guard,
    folder,
    ports: await ports(),
    environment: { MILLRACE_PAGE_PORT: String(pagePort), ...accessWith(apiKey) },
  });
  undo(() => apps.stop());
  console.log(welcome(apps, { pagePort, apiKey, logs: folder }));
  await untilStopped;
  say('stopping …');
  return 0;
});

interface Told {
  readonly pagePort: number;
  readonly apiKey: string;
  readonly logs: string;
}

function welcome({ api, ingest, workers }: RunningApps, { pagePort, apiKey, logs }: Told): string {
  const page = `http://localhost:${pagePort}`;
  return [
    '',
    `page    ${page}/#key=${encodeURIComponent(apiKey)}   (documentation: ${page}/docs)`,
    `api     ${api.url}`,
    `ingest  ${ingest.url}   (documentation: ${ingest.url}/docs)`,
    ...workers.map(({ url }) => `worker  ${url}   (health and metrics, as api and ingest have them)`),
    `key     ${apiKey}`,
    `logs    ${logs}`,
    '',
    'Try, in another terminal:',
    `  export MILLRACE_API_URL=${api.url} MILLRACE_INGEST_URL=${ingest.url} MILLRACE_API_KEY=${apiKey}`,
    '  npx millrace apply examples/flights',
    `  curl -H "authorization: Bearer $MILLRACE_API_KEY" ${api.url}/v1/feature-services`,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}

async function ports(): Promise<Record<AppName, number>> {
  return {
    api: await portOf(USUAL_PORTS.api, 'MILLRACE_API_PORT'),
    ingest: await portOf(USUAL_PORTS.ingest, 'MILLRACE_INGEST_PORT'),
    worker: await portOf(USUAL_PORTS.worker, 'MILLRACE_WORKER_PORT'),
  };
}

/** The one that the environment names, else the usual one, else a free one. */
async function portOf(usual: number, variable: string): Promise<number> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return Number(given);
  return (await isPortFree(usual)) ? usual : freePort();
}
