/**
 * `npm run demo`: 20,000 real flights through the three real apps, every served value compared with a naive
 * recomputation from the raw file. `-- --keep` goes on serving afterwards.
 */
import { startApps, type RunningApps } from '../launch/apps.js';
import { accessWith, localApiKey } from '../launch/local-api-key.js';
import { privateStores } from '../launch/private-stores.js';
import { supervise } from '../launch/supervise.js';
import { freePort } from '../local-services/free-port.js';
import { startLocalServices } from '../local-services/local-services.js';
import { readDefinitions } from './definitions.js';
import { loadFlights, type Flight } from './flights.js';
import { measureFreshness, type Freshness } from './freshness.js';
import { Client } from './http.js';
import { readYourWrites, type ReadYourWrites } from './read-your-writes.js';
import { replay, untilApplied, type Replay } from './replay.js';
import { busiestAirports } from './report.js';
import { verify, type Verification } from './verify.js';

/** Sent one by one at the end, to measure freshness. */
const SINGLE_FLIGHTS = 300;
const WRONG_SHOWN = 20;

const keep = process.argv.includes('--keep');
const say = (line: string): void => console.error(`  ${line}`);

await supervise(async (undo, untilStopped) => {
  const services = await startLocalServices(say);
  undo(() => services.stop());
  const stores = await privateStores(services);
  undo(() => stores.clear());
  say('starting the three apps …');
  const pagePort = await freePort();
  const apiKey = localApiKey();
  const apps = await startApps({
    redisUrl: stores.redisUrl,
    databaseUrl: stores.databaseUrl,
    guard: services.guard,
    folder: services.folder,
    environment: {
      MILLRACE_KEY_PREFIX: stores.keyPrefix,
      MILLRACE_PAGE_PORT: String(pagePort),
      ...accessWith(apiKey),
    },
  });
  undo(() => apps.stop());
  say(`api ${apps.api.url}, ingest ${apps.ingest.url}, worker ${apps.workers[0]?.url ?? ''}`);

  const verification = await demonstrate(apps, apiKey);
  if (keep) console.log(`\n${linesToTry(apps, pagePort, apiKey)}`);
  const { values, entities, wrong } = verification;
  console.log(`\nverified ${values} values of ${entities} entities: ${wrong.length} wrong`);
  if (keep) await untilStopped;
  return wrong.length === 0 ? 0 : 1;
});

/** Applies, replays, reads and compares; prints what came of it. */
async function demonstrate(apps: RunningApps, apiKey: string): Promise<Verification> {
  const client = new Client(apps.api.url, apps.ingest.url, apiKey);
  const definitions = await readDefinitions('flights');
  await client.apply(definitions);
  await apps.ready();
  say(`applied ${definitions.length} definitions of examples/flights`);

  const flights = newestLast(await loadFlights(Date.now()));
  const many = flights.slice(0, -SINGLE_FLIGHTS - 1);
  say(`replaying ${many.length.toLocaleString('en-US')} flights …`);
  const replayed = await replay(client, many);
  const freshness = await measureFreshness(client, flights.slice(-SINGLE_FLIGHTS - 1, -1), many);
  const ownWrite = await readYourWrites(client, flights.at(-1) as Flight, flights.slice(0, -1));
  await untilApplied(client, flights);

  say('comparing every value with its recomputation from the raw file …');
  const verification = await verify(client, flights);
  console.log(report(verification, replayed, freshness, ownWrite));
  for (const line of verification.wrong.slice(0, WRONG_SHOWN)) console.log(`WRONG ${line}`);
  return verification;
}

/** The newest flight is sent last and by itself: it leaves now, so no TTL withholds what counts it. */
function newestLast(flights: readonly Flight[]): Flight[] {
  const newest = flights.reduce((best, flight) => (flight.departedAtMs > best.departedAtMs ? flight : best));
  return [...flights.filter((flight) => flight !== newest), newest];
}

function report(
  { airports, approximate }: Verification,
  replayed: Replay,
  freshness: Freshness,
  ownWrite: ReadYourWrites,
): string {
  const perSecond = Math.round((replayed.accepted + replayed.duplicates) / replayed.seconds);
  const { p50Ms, p99Ms, samples } = freshness;
  return [
    '',
    'The five busiest airports of the last 24 hours',
    '',
    busiestAirports(airports),
    '',
    `${perSecond.toLocaleString('en-US')} events/s from the first request to the last event applied ` +
      `(${replayed.duplicates} sent twice, counted once)`,
    `freshness p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms ` +
      `(${samples} single flights, from the 202 to the first read that counts them)`,
    `read your writes: sent a flight from ${ownWrite.airport} and read it at its position in ` +
      `${ownWrite.roundTripMs.toFixed(1)} ms`,
    ...(approximate > 0 ? [`${approximate} values within the error that they declare`] : []),
  ].join('\n');
}

function linesToTry({ api, ingest }: RunningApps, pagePort: number, apiKey: string): string {
  const json = `-H "$KEY" -H 'content-type: application/json'`;
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
    `KEY='authorization: Bearer ${apiKey}'`,
    `curl -s ${api.url}/v1/features ${json} -d '${read}'`,
    `curl -s ${ingest.url}/v1/events/departures ${json} -d '${event}'`,
    `curl -s ${ingest.url}/v1/events/departures ${json} -d '{"flight_id":"wrong","delay":"late"}'`,
    `curl -s ${api.url}/readyz; curl -s ${api.url}/metrics | head`,
    '',
    `The page: http://localhost:${pagePort}/#key=${encodeURIComponent(apiKey)}`,
    `The documentation: http://localhost:${pagePort}/docs and ${ingest.url}/docs`,
  ].join('\n');
}
