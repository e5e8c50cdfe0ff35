/**
 * `npm run demo`: 20,000 real flights through the three real apps, every served value compared with a naive
 * recomputation from the raw file. `-- --keep` goes on serving afterwards.
 */
import { startApps, type RunningApps } from '../launch/apps.js';
import { privateStores, type PrivateStores } from '../launch/private-stores.js';
import { untilAskedToStop } from '../launch/stop-request.js';
import { startLocalServices, type LocalServices } from '../local-services/local-services.js';
import { readDefinitions } from './definitions.js';
import { loadFlights } from './flights.js';
import { measureFreshness } from './freshness.js';
import { Client } from './http.js';
import { replay, untilApplied } from './replay.js';
import { busiestAirports } from './report.js';
import { verify } from './verify.js';

/** Sent one by one at the end, to measure freshness. */
const SINGLE_FLIGHTS = 300;
const WRONG_SHOWN = 20;

const keep = process.argv.includes('--keep');
const stopRequest = untilAskedToStop();
const say = (line: string): void => console.error(`  ${line}`);

const undo: (() => Promise<void>)[] = [];
try {
  const outcome = await Promise.race([demonstrate(), stopRequest]);
  process.exitCode = outcome === 'verified' ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const step of undo.toReversed()) await step();
}
// A demo that was interrupted still has requests in the air.
process.exit();

async function demonstrate(): Promise<'verified' | 'wrong'> {
  const services = await startLocalServices(say);
  undo.push(() => services.stop());
  const stores = await privateStores(services);
  undo.push(() => stores.clear());
  const apps = await startThreeApps(services, stores);
  const client = new Client(apps.api.url, apps.ingest.url);

  const definitions = await readDefinitions('flights');
  await client.apply(definitions);
  await apps.ready();
  say(`applied ${definitions.length} definitions of examples/flights`);

  const flights = await loadFlights(Date.now());
  const many = flights.slice(0, -SINGLE_FLIGHTS);
  const single = flights.slice(-SINGLE_FLIGHTS);
  say(`replaying ${many.length.toLocaleString('en-US')} flights …`);
  const replayed = await replay(client, many);
  const freshness = await measureFreshness(client, single, many);
  await untilApplied(client, flights);

  say('comparing every value with its recomputation from the raw file …');
  const result = await verify(client, flights);
  console.log(`\nThe five busiest airports of the last 24 hours\n\n${busiestAirports(result.airports)}\n`);
  const perSecond = Math.round((replayed.accepted + replayed.duplicates) / replayed.seconds);
  console.log(
    `${perSecond.toLocaleString('en-US')} events/s from the first request to the last event applied ` +
      `(${replayed.duplicates} sent twice, counted once)`,
  );
  console.log(
    `freshness p50 ${freshness.p50Ms.toFixed(1)} ms, p99 ${freshness.p99Ms.toFixed(1)} ms ` +
      `(${freshness.samples} single flights, from the 202 to the first read that counts them)`,
  );
  if (result.approximate > 0) console.log(`${result.approximate} values within the error that they declare`);
  for (const line of result.wrong.slice(0, WRONG_SHOWN)) console.log(`WRONG ${line}`);
  const verdict = `verified ${result.values} values of ${result.entities} entities: ${result.wrong.length} wrong`;
  if (!keep) {
    console.log(`\n${verdict}`);
  } else {
    console.log(`\n${linesToTry(apps)}\n\n${verdict}`);
    await stopRequest;
  }
  return result.wrong.length === 0 ? 'verified' : 'wrong';
}

async function startThreeApps(services: LocalServices, stores: PrivateStores): Promise<RunningApps> {
  say('starting the three apps …');
  const apps = await startApps({
    redisUrl: stores.redisUrl,
    databaseUrl: stores.databaseUrl,
    guard: services.guard,
    folder: services.folder,
    environment: { MILLRACE_KEY_PREFIX: stores.keyPrefix },
  });
  undo.push(() => apps.stop());
  say(`api ${apps.api.url}, ingest ${apps.ingest.url}, worker ${apps.workers[0]?.url ?? ''}`);
  return apps;
}

function linesToTry({ api, ingest }: RunningApps): string {
  const json = `-H 'content-type: application/json'`;
  const read = `{"service":"departure_board","entities":[{"airport":"PHX"}],"evidence":true}`;
  const event = JSON.stringify({
    flight_id: 'mine-1',
    departed_at: Date.now(),
    origin: 'PHX',
    destination: 'OAK',
    delay: 42,
    distance: 646,
  });
  return [
    'Everything goes on serving until Ctrl-C. Try:',
    '',
    `curl -s ${api.url}/v1/features ${json} -d '${read}'`,
    `curl -s ${ingest.url}/v1/events/departures ${json} -d '${event}'`,
    `curl -s ${ingest.url}/v1/events/departures ${json} -d '{"flight_id":"wrong","delay":"late"}'`,
    `curl -s ${api.url}/readyz; curl -s ${api.url}/metrics | head`,
    '',
    `Documentation of both: ${api.url}/docs and ${ingest.url}/docs`,
  ].join('\n');
}
