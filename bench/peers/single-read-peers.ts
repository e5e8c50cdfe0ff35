import { median, spread } from '../figures.js';
import { HttpConnection, mustBeOk, postRequest } from '../http/http-connection.js';
import { customerId, type BenchService } from '../reads/customers.js';
import { onReadStage, type ReadStage } from '../reads/read-stage.js';
import { rateOf } from '../reads/server-rate.js';
import type { Workload } from '../workload.js';
import { zipf } from '../zipf.js';
import { startFeastServer, type FeatureRow } from './feast-server.js';

const SERVICE: BenchService = 'features_50';
const CUSTOMERS = 3_000;
/** Customers of one request while their values are read. */
const READ_AT_ONCE = 100;
const CHECKED = 200;
/** Requests of one run: a hundredth of a second is the unit of processor time. */
const OWN_REQUESTS = 5_000;
const FEAST_REQUESTS = 500;
const FEAST_ROUTE = '/get-online-features';

/** W1 beside Feast's feature server: the same customers and features, the same Redis, the same request. */
export const singleReadPeers: Workload = {
  name: 'W1',
  about: "single reads of 50 features, and Feast's own feature server on the same Redis",
  run: ({ scale, repetitions, say }) =>
    onReadStage(Math.max(500, Math.floor(CUSTOMERS * scale)), async (stage) => {
      const rows = await readRows(stage);
      const { redisUrl, folder, guard } = stage;
      const feast = await startFeastServer({ redisUrl, folder, guard, service: SERVICE, rows, say });
      try {
        await compare(stage, feast.url, rows);
        return await measure(stage, feast.url, feast.process.pid, repetitions, say);
      } finally {
        await feast.process.stop();
      }
    }),
};

/** What our api serves for each customer: what Feast gets to serve. */
async function readRows(stage: ReadStage): Promise<FeatureRow[]> {
  const connection = await HttpConnection.open(stage.api.url);
  const rows: FeatureRow[] = [];
  while (rows.length < stage.customers.size) {
    const count = Math.min(READ_AT_ONCE, stage.customers.size - rows.length);
    const customers = Array.from({ length: count }, (_, i) => rows.length + i);
    const found = await connection.send(stage.request(SERVICE, customers));
    mustBeOk(found);
    const { results } = JSON.parse(found.body.toString()) as { results: { values: FeatureRow }[] };
    if (results.length !== count) throw new Error(`${results.length} results for ${count} customers`);
    for (const [i, { values }] of results.entries()) {
      rows.push({ ...values, customer: customerId(customers[i] ?? 0) });
    }
  }
  connection.close();
  return rows;
}

function feastBody(customer: number): unknown {
  return { feature_service: SERVICE, entities: { customer: [customerId(customer)] } };
}

/** @throws Error if Feast answers other values than ours, or our Feast route other ones than it should. */
async function compare(stage: ReadStage, feastUrl: string, rows: readonly FeatureRow[]): Promise<void> {
  const [own, feast] = await Promise.all([HttpConnection.open(stage.api.url), HttpConnection.open(feastUrl)]);
  for (const [customer, row] of rows.slice(0, CHECKED).entries()) {
    const body = feastBody(customer);
    const theirs = await columns(feast, postRequest(`${feastUrl}${FEAST_ROUTE}`, JSON.stringify(body)));
    for (const name of Object.keys(row)) {
      if (theirs[name] !== row[name]) {
        throw new Error(
          `${customerId(customer)} ${name}: Feast has ${String(theirs[name])}, we ${String(row[name])}`,
        );
      }
    }
    const { customer: id, ...values } = await columns(own, stage.post(FEAST_ROUTE, body));
    if (id !== customerId(customer)) throw new Error(`${String(id)} instead of ${customerId(customer)}`);
    stage.customers.check(customer, SERVICE, values, Date.now());
  }
  own.close();
  feast.close();
}

/** A Feast answer for one entity as a row. */
async function columns(connection: HttpConnection, request: Buffer): Promise<FeatureRow> {
  const found = await connection.send(request);
  mustBeOk(found);
  const { metadata, results } = JSON.parse(found.body.toString()) as {
    metadata: { feature_names: string[] };
    results: { values: (string | number | null)[] }[];
  };
  return Object.fromEntries(
    metadata.feature_names.map((name, i) => [name, results[i]?.values[0] ?? null] as const),
  );
}

async function measure(
  stage: ReadStage,
  feastUrl: string,
  feastPid: number,
  repetitions: number,
  say: (line: string) => void,
): Promise<string> {
  const draw = zipf(stage.customers.size, Math.random);
  const make = (count: number, one: (customer: number) => Buffer): Buffer[] =>
    Array.from({ length: count }, () => one(draw()));
  const { client, api } = stage;
  const feastTarget = {
    url: feastUrl,
    requests: make(FEAST_REQUESTS, (customer) =>
      postRequest(`${feastUrl}${FEAST_ROUTE}`, JSON.stringify(feastBody(customer))),
    ),
  };
  const ownFeastRequests = make(OWN_REQUESTS, (customer) => stage.post(FEAST_ROUTE, feastBody(customer)));
  const ownRequests = make(OWN_REQUESTS, (customer) => stage.request(SERVICE, [customer]));
  const { pid } = api.process;
  const servers = {
    feast: { pid: feastPid, target: await client.target(feastTarget) },
    ownFeast: { pid, target: await client.target({ url: api.url, requests: ownFeastRequests }) },
    own: { pid, target: await client.target({ url: api.url, requests: ownRequests }) },
  };
  const [ratios, ownRatios, ours, theirs]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const feast = await rateOf(stage, servers.feast, FEAST_REQUESTS);
    const ownFeast = await rateOf(stage, servers.ownFeast, OWN_REQUESTS);
    const own = await rateOf(stage, servers.own, OWN_REQUESTS);
    // The first repetition compiles the code that the others run.
    if (repetition === 0) continue;
    ratios.push(feast.cpuMicros / ownFeast.cpuMicros);
    ownRatios.push(feast.cpuMicros / own.cpuMicros);
    ours.push(1e6 / ownFeast.cpuMicros);
    theirs.push(1e6 / feast.cpuMicros);
    say(
      `${repetition}: µs of processor per request: Feast ${feast.cpuMicros.toFixed(0)}, ours ` +
        `${ownFeast.cpuMicros.toFixed(0)} (${FEAST_ROUTE}), ${own.cpuMicros.toFixed(0)} (/v1/features); ` +
        `requests/s ${Math.round(feast.rate)}, ${Math.round(ownFeast.rate)}, ${Math.round(own.rate)}`,
    );
  }
  say(`/v1/features: ratio ${spread(ownRatios)} by requests per CPU-second`);
  return (
    `peers ratio ${spread(ratios)} by requests per CPU-second, ` +
    `ours ${Math.round(median(ours))}, Feast's ${Math.round(median(theirs))}`
  );
}
