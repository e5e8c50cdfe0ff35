import { HttpConnection, mustBeOk, postRequest } from '../http/http-connection.js';
import type { LoadClient } from '../http/load-client.js';
import { percentile } from '../http/open-loop.js';
import { median, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { zipf } from '../zipf.js';
import { CHANGES_PER_SECOND, whileStatesChange } from './changing-states.js';
import { SERVICES, type BenchService } from './customers.js';
import { onReadStage, type ReadStage } from './read-stage.js';
import { medianRate, rateOf, type MeasuredServer, type ServerRate } from './server-rate.js';

const CUSTOMERS = 1_000_000;
/**
 * A repetition has as many slices, in each of which echo and api get as many requests, one right after the other: a core
 * that is shared with other machines is up to twice as slow for a second or two, which steal does not show.
 */
const SLICES = 12;
const SLICE_REQUESTS = 1_000;
/** Until the code is compiled and what a server keeps is kept: neither is counted. */
const WARM_REQUESTS = 20_000;
const WARM_MS = 4_000;
const OPEN_LOOP_MS = 2_000;
const RATE_PER_SECOND = 1_000;
const CHECKED = 200;
/** Requests that are sent in turn. */
const DRAWN = 100_000;

/** W1: one entity per request, keys Zipf 0.99. */
export const singleRead: Workload = {
  name: 'W1',
  about: 'single reads of 50 and 250 features, POST JSON; limit: Fastify echo of the same answers',
  run: ({ scale, seconds, repetitions, say }) =>
    onReadStage(Math.max(1_000, Math.floor(CUSTOMERS * scale)), async (stage) => {
      const results: string[] = [];
      for (const service of SERVICES) {
        const result = await measure(
          stage,
          service,
          repetitions,
          (seconds ?? OPEN_LOOP_MS / 1_000) * 1_000,
          say,
        );
        say(`${service}: ${result}`);
        results.push(result);
      }
      return results[0] ?? '';
    }),
};

async function measure(
  stage: ReadStage,
  service: BenchService,
  repetitions: number,
  durationMs: number,
  say: (line: string) => void,
): Promise<string> {
  const requests = new ReadRequests(stage, service);
  const answer = await requests.checked(CHECKED);
  const { client, api: running, echoUrl, echoPid } = stage;
  const api = {
    pid: running.process.pid,
    target: await client.target({ url: running.url, requests: requests.all }),
  };
  const echoRequest = postRequest(`${echoUrl}/`, answer);
  const echo = { pid: echoPid, target: await client.target({ url: echoUrl, requests: [echoRequest] }) };
  const [ratios, rates, cpuRatios, p99s, echoP99s]: number[][] = [[], [], [], [], []];
  await slicesOf(stage, echo, api, WARM_REQUESTS / SLICE_REQUESTS);
  for (const server of [echo, api]) await latenciesOf(client, server, WARM_MS);
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    const slices = await slicesOf(stage, echo, api, SLICES);
    const ratio = spread(slices.map(({ limit, own }) => own.rate / limit.rate));
    const [limit, own] = [
      medianRate(slices.map((slice) => slice.limit)),
      medianRate(slices.map((slice) => slice.own)),
    ];
    const echoLatencies = await latenciesOf(client, echo, durationMs);
    const latencies = await latenciesOf(client, api, durationMs);
    ratios?.push(median(slices.map((slice) => slice.own.rate / slice.limit.rate)));
    rates?.push(own.rate);
    cpuRatios?.push(median(slices.map((slice) => slice.limit.cpuMicros / slice.own.cpuMicros)));
    p99s?.push(percentile(latencies, 0.99));
    echoP99s?.push(percentile(echoLatencies, 0.99));
    say(
      `${repetition}: ${Math.round(own.rate)} requests/s (µs of CPU: api ${own.cpuMicros.toFixed(0)}, Redis ` +
        `${own.redisMicros.toFixed(0)}), echo ${Math.round(limit.rate)} (${limit.cpuMicros.toFixed(0)}), ratio of slices ` +
        `${ratio}; at ${RATE_PER_SECOND}/s ${shown(latencies)}, echo ${shown(echoLatencies)}`,
    );
  }
  const changing = await whileStatesChange(stage, service, () => slicesOf(stage, echo, api, SLICES));
  await requests.checked(CHECKED);
  const changingRatios = changing.map(({ limit, own }) => own.rate / limit.rate);
  say(
    `${service}, while states of ${CHANGES_PER_SECOND} customers a second change: ratio of slices ` +
      `${spread(changingRatios)}, ${Math.round(medianRate(changing.map(({ own }) => own)).rate)} requests/s`,
  );
  return (
    `ratio ${spread(ratios ?? [])} (of CPU ${spread(cpuRatios ?? [])}), ` +
    `${Math.round(median(rates ?? []))} requests/s, p99 ${spread(p99s ?? [])} ms (echo ${spread(echoP99s ?? [])})`
  );
}

interface Slice {
  readonly limit: ServerRate;
  readonly own: ServerRate;
}

async function slicesOf(
  stage: ReadStage,
  echo: MeasuredServer,
  api: MeasuredServer,
  count: number,
): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (let slice = 0; slice < count; slice++) {
    const limit = await rateOf(stage, echo, SLICE_REQUESTS);
    slices.push({ limit, own: await rateOf(stage, api, SLICE_REQUESTS) });
  }
  return slices;
}

function latenciesOf(
  client: LoadClient,
  { target }: MeasuredServer,
  durationMs: number,
): Promise<Float64Array> {
  return client.open({ target, durationMs, connections: 32, requestsPerSecond: RATE_PER_SECOND });
}

function shown(latencies: Float64Array): string {
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms`;
}

/** Ready requests of Zipf-distributed customers. */
class ReadRequests {
  private readonly customers: number[];
  readonly all: readonly Buffer[];

  constructor(
    private readonly stage: ReadStage,
    private readonly service: BenchService,
  ) {
    const draw = zipf(stage.customers.size, Math.random);
    this.customers = Array.from({ length: DRAWN }, draw);
    this.all = this.customers.map((customer) => stage.request(service, [customer]));
  }

  /** Compares some answers with the naive recomputation and returns one of them. */
  async checked(count: number): Promise<string> {
    const connection = await HttpConnection.open(this.stage.api.url);
    let text = '';
    for (const [i, customer] of this.customers.slice(0, count).entries()) {
      const found = await connection.send(this.all[i] as Buffer);
      mustBeOk(found);
      text = found.body.toString();
      const answer = JSON.parse(text) as { asOf: string; results: { values: Record<string, unknown> }[] };
      const values = answer.results[0]?.values ?? {};
      this.stage.customers.check(customer, this.service, values, Date.parse(answer.asOf));
    }
    connection.close();
    return text;
  }
}
