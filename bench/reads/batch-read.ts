import type { RedisConnection } from '@millrace/redis';
import { HttpConnection, type HttpAnswer } from '../http/http-connection.js';
import { median, perSecond, spread } from '../figures.js';
import { percentile } from '../http/open-loop.js';
import type { Workload } from '../workload.js';
import { customerKey, fieldsOf } from './customers.js';
import { onReadStage, type ReadStage } from './read-stage.js';

const CUSTOMERS = 100_000;
const RUN_MS = 2_000;
const SIZES = [100, 500];
const SERVICE = 'features_50';

/** W2: many entities per request; the limit reads the same packed states and does nothing with them. */
export const batchRead: Workload = {
  name: 'W2',
  about: 'batch reads of 100 × 50 and 500 × 50; limit: an ioredis loop of the same packed reads',
  run: ({ scale, seconds, repetitions, say }) =>
    onReadStage(Math.max(1_000, Math.floor(CUSTOMERS * scale)), async (stage) => {
      const results: string[] = [];
      for (const size of SIZES) {
        const result = await measure(stage, size, repetitions, (seconds ?? RUN_MS / 1_000) * 1_000, say);
        say(`${size} × 50: ${result}`);
        results.push(result);
      }
      return results[0] ?? '';
    }),
};

async function measure(
  stage: ReadStage,
  size: number,
  repetitions: number,
  durationMs: number,
  say: (line: string) => void,
): Promise<string> {
  await checkOne(stage, size);
  const [ratios, rates, p99s]: number[][] = [[], [], []];
  // The first repetition is not counted: it compiles the code that the others run.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const limit = await packedReads(stage, size, durationMs);
    const latencies = await batches(stage, size, durationMs);
    const rate = perSecond(
      latencies.length * size,
      latencies.reduce((sum, each) => sum + each, 0),
    );
    const p99 = percentile(latencies.toSorted(), 0.99);
    if (repetition === 0) continue;
    ratios?.push(rate / limit);
    rates?.push(rate);
    p99s?.push(p99);
    say(
      `${repetition}: ${Math.round(rate)} entities/s, packed reads ${Math.round(limit)}, ` +
        `ratio ${(rate / limit).toFixed(2)}, p99 ${p99.toFixed(2)} ms`,
    );
  }
  return `ratio ${spread(ratios ?? [])}, ${Math.round(median(rates ?? []))} entities/s, p99 ${spread(p99s ?? [])} ms`;
}

/** Latencies in ms of one request after the other. */
async function batches(stage: ReadStage, size: number, durationMs: number): Promise<Float64Array> {
  const connection = await HttpConnection.open(stage.api.url);
  const latencies: number[] = [];
  for (const startedMs = performance.now(); performance.now() - startedMs < durationMs;) {
    const request = stage.request(SERVICE, batchOf(stage, size));
    const sentMs = performance.now();
    mustBeOk(await connection.send(request));
    latencies.push(performance.now() - sentMs);
  }
  connection.close();
  return Float64Array.from(latencies);
}

/** Entities per second of a loop that reads what the product must read. */
async function packedReads(stage: ReadStage, size: number, durationMs: number): Promise<number> {
  const fields = fieldsOf(SERVICE);
  const startedMs = performance.now();
  let entities = 0;
  while (performance.now() - startedMs < durationMs) {
    const reads = batchOf(stage, size).map((customer) => readOne(stage.redis, stage, customer, fields));
    entities += (await Promise.all(reads)).length;
  }
  return perSecond(entities, performance.now() - startedMs);
}

function readOne(
  redis: RedisConnection,
  { keys }: ReadStage,
  customer: number,
  fields: readonly string[],
): Promise<unknown> {
  return redis.hmgetBuffer(customerKey(keys, customer), ...fields);
}

function batchOf({ customers }: ReadStage, size: number): number[] {
  return Array.from({ length: size }, () => Math.floor(Math.random() * customers.size));
}

async function checkOne(stage: ReadStage, size: number): Promise<void> {
  const batch = batchOf(stage, size);
  const connection = await HttpConnection.open(stage.api.url);
  const found = await connection.send(stage.request(SERVICE, batch));
  connection.close();
  mustBeOk(found);
  const answer = JSON.parse(found.body.toString()) as {
    asOf: string;
    results: { values: Record<string, unknown> }[];
  };
  for (const [i, customer] of batch.entries()) {
    stage.customers.check(customer, SERVICE, answer.results[i]?.values ?? {}, Date.parse(answer.asOf));
  }
}

function mustBeOk({ status, body }: HttpAnswer): void {
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString('utf8', 0, 300)}`);
}
