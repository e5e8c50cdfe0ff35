import { HttpConnection, postRequest } from '../http/http-connection.js';
import { percentile, runOpenLoop } from '../http/open-loop.js';
import { median, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { zipf } from '../zipf.js';
import { SERVICES, type BenchService } from './customers.js';
import { onReadStage, type ReadStage } from './read-stage.js';
import { mustBeOk, rateOf } from './server-rate.js';

const CUSTOMERS = 100_000;
/** Requests of one run of the closed loop, and the length of one of the open loop. */
const REQUESTS = 5_000;
const OPEN_LOOP_MS = 2_000;
const RATE_PER_SECOND = 1_000;
const CHECKED = 200;

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
  const echo = Array.from({ length: REQUESTS }, () => postRequest(`${stage.echoUrl}/`, answer));
  const [ratios, rates, cpuRatios, p99s]: number[][] = [[], [], [], []];
  // The first repetition is not counted: it compiles the code that the others run.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const limit = await rateOf(stage.echoPid, stage.echoUrl, echo);
    const own = await rateOf(stage.api.process.pid, stage.api.url, requests.take(REQUESTS));
    const latencies = await runOpenLoop({
      url: stage.api.url,
      durationMs,
      connections: 32,
      requestsPerSecond: RATE_PER_SECOND,
      next: () => requests.next(),
      onAnswer: mustBeOk,
    });
    if (repetition === 0) continue;
    ratios?.push(own.rate / limit.rate);
    rates?.push(own.rate);
    cpuRatios?.push(limit.cpuMicros / own.cpuMicros);
    p99s?.push(percentile(latencies, 0.99));
    say(
      `${repetition}: ${Math.round(own.rate)} requests/s (${own.cpuMicros.toFixed(0)} µs of the api's CPU), ` +
        `echo ${Math.round(limit.rate)} (${limit.cpuMicros.toFixed(0)} µs), ratio ${(own.rate / limit.rate).toFixed(2)}; ` +
        `at ${RATE_PER_SECOND}/s p50 ${percentile(latencies, 0.5).toFixed(2)} p99 ${percentile(latencies, 0.99).toFixed(2)} ms`,
    );
  }
  return (
    `ratio ${spread(ratios ?? [])} (of CPU ${spread(cpuRatios ?? [])}), ` +
    `${Math.round(median(rates ?? []))} requests/s, p99 ${spread(p99s ?? [])} ms`
  );
}

/** Ready requests of Zipf-distributed customers. */
class ReadRequests {
  private readonly customers: number[];
  private readonly requests: Buffer[];
  private at = 0;

  constructor(
    private readonly stage: ReadStage,
    private readonly service: BenchService,
  ) {
    const draw = zipf(stage.customers.size, Math.random);
    this.customers = Array.from({ length: 20_000 }, draw);
    this.requests = this.customers.map((customer) => stage.request(service, [customer]));
  }

  next(): Buffer {
    this.at = (this.at + 1) % this.requests.length;
    return this.requests[this.at] as Buffer;
  }

  take(count: number): Buffer[] {
    return Array.from({ length: count }, () => this.next());
  }

  /** Compares some answers with the naive recomputation and returns one of them. */
  async checked(count: number): Promise<string> {
    const connection = await HttpConnection.open(this.stage.api.url);
    let text = '';
    for (const [i, customer] of this.customers.slice(0, count).entries()) {
      const found = await connection.send(this.requests[i] as Buffer);
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
