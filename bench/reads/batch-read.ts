import type { RedisConnection } from '@millrace/redis';
import { HttpConnection, mustBeOk } from '../http/http-connection.js';
import { median, perSecond, spread } from '../figures.js';
import { percentile } from '../http/open-loop.js';
import type { Workload } from '../workload.js';
import { customerKey, fieldsOf } from './customers.js';
import { zipf } from '../zipf.js';
import { onReadStage, type ReadStage } from './read-stage.js';

const CUSTOMERS = 100_000;
/** Of the limit and of the product in one repetition; they take turns, as in W1. */
const RUN_MS = 1_500;
const SLICES = 6;
/** How many requests are made beforehand, to be sent in turn. */
const BATCHES = 300;
/** Until the code of an api that has just started is compiled: its first thousand requests have a p99 of 50 ms. */
const WARM_MS = 5_000;

interface Batches {
  readonly size: number;
  /** By Zipf's law, as bench.md says, or each customer as likely as any: then hardly one comes twice. */
  readonly drawn: 'Zipf 0.99' | 'evenly';
}

const CASES: readonly Batches[] = [
  { size: 100, drawn: 'Zipf 0.99' },
  { size: 500, drawn: 'Zipf 0.99' },
  { size: 100, drawn: 'evenly' },
];
const SERVICE = 'features_50';

/** W2: many entities per request; the limit reads the same packed states and does nothing with them. */
export const batchRead: Workload = {
  name: 'W2',
  about: 'batch reads of 100 × 50 and 500 × 50; limit: an ioredis loop of the same packed reads',
  run: ({ scale, seconds, repetitions, say }) =>
    onReadStage(Math.max(1_000, Math.floor(CUSTOMERS * scale)), async (stage) => {
      const results: string[] = [];
      for (const batches of CASES) {
        const result = await measure(stage, batches, repetitions, (seconds ?? RUN_MS / 1_000) * 1_000, say);
        say(`${batches.size} × 50, drawn ${batches.drawn}: ${result}`);
        results.push(result);
      }
      return results[0] ?? '';
    }),
};

async function measure(
  stage: ReadStage,
  { size, drawn }: Batches,
  repetitions: number,
  durationMs: number,
  say: (line: string) => void,
): Promise<string> {
  const draw = batchDraw(stage, size, drawn);
  await checkOne(stage, draw());
  const drawnBatches = Array.from({ length: BATCHES }, draw);
  let at = 0;
  const next = (): readonly number[] => drawnBatches[at++ % BATCHES] ?? [];
  const [ratios, rates, p99s]: number[][] = [[], [], []];
  await latenciesOf(stage, next, WARM_MS);
  // The first repetition is not counted: it compiles the code that the others run.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const slices: { readonly limit: number; readonly rate: number }[] = [];
    const all: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      const limit = await packedReads(stage, next, durationMs / SLICES);
      const latencies = await latenciesOf(stage, next, durationMs / SLICES);
      const elapsedMs = latencies.reduce((sum, each) => sum + each, 0);
      slices.push({ limit, rate: perSecond(latencies.length * size, elapsedMs) });
      all.push(...latencies);
    }
    if (repetition === 0) continue;
    const ofSlices = slices.map(({ limit, rate }) => rate / limit);
    const rate = median(slices.map((slice) => slice.rate));
    const p99 = percentile(Float64Array.from(all).toSorted(), 0.99);
    ratios?.push(median(ofSlices));
    rates?.push(rate);
    p99s?.push(p99);
    say(
      `${repetition}: ${Math.round(rate)} entities/s, packed reads ${Math.round(median(slices.map(({ limit }) => limit)))}, ` +
        `ratio of slices ${spread(ofSlices)}, p99 ${p99.toFixed(2)} ms`,
    );
  }
  return `ratio ${spread(ratios ?? [])}, ${Math.round(median(rates ?? []))} entities/s, p99 ${spread(p99s ?? [])} ms`;
}

/** Latencies in ms of one request after the other. */
async function latenciesOf(
  stage: ReadStage,
  next: () => readonly number[],
  durationMs: number,
): Promise<Float64Array> {
  const connection = await HttpConnection.open(stage.api.url, 'passing');
  const latencies: number[] = [];
  for (const startedMs = performance.now(); performance.now() - startedMs < durationMs;) {
    const request = stage.request(SERVICE, next());
    const sentMs = performance.now();
    mustBeOk(await connection.send(request));
    latencies.push(performance.now() - sentMs);
  }
  connection.close();
  return Float64Array.from(latencies);
}

/** Entities per second of a loop that reads what the product must read. */
async function packedReads(
  stage: ReadStage,
  next: () => readonly number[],
  durationMs: number,
): Promise<number> {
  const fields = fieldsOf(SERVICE);
  const startedMs = performance.now();
  let entities = 0;
  while (performance.now() - startedMs < durationMs) {
    const reads = next().map((customer) => readOne(stage.redis, stage, customer, fields));
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

/** Draws different customers. */
function batchDraw({ customers }: ReadStage, size: number, drawn: Batches['drawn']): () => number[] {
  const one =
    drawn === 'evenly' ? () => Math.floor(Math.random() * customers.size) : zipf(customers.size, Math.random);
  return () => {
    const batch = new Set<number>();
    while (batch.size < size) batch.add(one());
    return [...batch];
  };
}

async function checkOne(stage: ReadStage, batch: readonly number[]): Promise<void> {
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
