/**
 * `npm run test:feast`: the real Feast client, from PyPI, against the three real apps. It needs Python 3 with
 * venv; `npm test` does not, it reads the same answers with a double of the client (test/integration/serving).
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from '../../tools/demo/http.js';
import { startApps } from '../../tools/launch/apps.js';
import { privateStores } from '../../tools/launch/private-stores.js';
import { repositoryRoot } from '../../tools/launch/repository.js';
import { supervise } from '../../tools/launch/supervise.js';
import { startLocalServices } from '../../tools/local-services/local-services.js';
import { parseAllDocuments } from 'yaml';
import { installFeast } from './feast-install.js';

const HERE = path.join(repositoryRoot, 'test', 'feast');
const WAIT_MS = 5_000;
const DAY_MS = 86_400_000;

const say = (line: string): void => console.error(`  ${line}`);

await supervise(async (undo) => {
  const feast = await installFeast(say);
  const services = await startLocalServices(say);
  undo(() => services.stop());
  const stores = await privateStores(services);
  undo(() => stores.clear());
  say('starting the three apps …');
  const apps = await startApps({
    redisUrl: stores.redisUrl,
    databaseUrl: stores.databaseUrl,
    guard: services.guard,
    folder: services.folder,
    environment: { MILLRACE_KEY_PREFIX: stores.keyPrefix },
  });
  undo(() => apps.stop());
  const client = new Client(apps.api.url, apps.ingest.url);
  await client.apply(await definitions());
  await apps.ready();
  await sendTrips(client);
  say('driving them with the Feast client …');
  return feast.python([path.join(HERE, 'client_test.py')], { MILLRACE_API_URL: apps.api.url });
});

async function definitions(): Promise<unknown[]> {
  const text = await readFile(path.join(HERE, 'definitions.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

/**
 * Two trips of driver 7, the second with an int64 that no double holds, and one of driver 8 two days ago; answers
 * when they are applied.
 */
async function sendTrips(client: Client): Promise<void> {
  const now = Date.now();
  const wide = '9007199254740993';
  const first = { trip_id: 'a', ended_at: now - 2_000, driver_id: 7, fare: 10, meters: 1 };
  const second = `{"trip_id":"b","ended_at":${now - 1_000},"driver_id":7,"fare":20,"meters":${wide}}`;
  const old = { trip_id: 'c', ended_at: now - 2 * DAY_MS, driver_id: 8, fare: 10, meters: 1 };
  const lines = [JSON.stringify(first), second, JSON.stringify(old)];
  const { position } = await client.sendText('trips', lines.join('\n'));
  const features = ['driver_trips:count_1h'];
  const entities = [{ driver_id: '7' }, { driver_id: '8' }];
  await client.features({ features, entities, minPosition: position, waitMs: WAIT_MS });
}
