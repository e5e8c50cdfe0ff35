import { runClosedLoop } from '../http/closed-loop.js';
import { startEcho } from '../http/echo.js';
import { effortOf } from '../effort.js';
import { processCpuMs } from '../process-cpu.js';
import { postRequest, type HttpAnswer } from '../http/http-connection.js';
import { median, perSecond, spread } from '../figures.js';
import type { Workload } from '../workload.js';
import { appendBare } from './bare-pipeline.js';
import { IngestWorld, type Fsync } from './ingest-world.js';
import { bodiesOf, makeEvents, type PurchaseEvent } from './purchase-events.js';

const DEFAULT_EVENTS = 50_000;
type Echo = Awaited<ReturnType<typeof startEcho>>;

/** Events of a request, how many clients send at once, and the part of all events that are sent so. */
const BATCHES = [
  { batch: 1, connections: 64, part: 0.2 },
  { batch: 100, connections: 16, part: 1 },
  { batch: 1_000, connections: 4, part: 1 },
] as const;

/** Events per second of each repetition, and µs of processor for an event of those by HTTP. */
interface Rates {
  readonly own: number[];
  readonly pipeline: number[];
  readonly echo: number[];
  readonly ownCpu: number[];
  readonly redisCpu: number[];
  readonly echoCpu: number[];
}

const noRates = (): Rates => ({ own: [], pipeline: [], echo: [], ownCpu: [], redisCpu: [], echoCpu: [] });

/** W3: from a client's request to its 202, against what Redis and what HTTP alone can do. */
export const ingest: Workload = {
  name: 'W3',
  about: 'events of 150 B in requests of 1, 100 and 1,000, checked, with event ids; AOF everysec and always',
  async run({ events = DEFAULT_EVENTS, repetitions, say }) {
    const echo = await startEcho();
    const lines: string[] = [];
    try {
      for (const fsync of ['everysec', 'always'] as const) {
        const world = await IngestWorld.open(fsync);
        try {
          for (const setting of BATCHES) {
            const rates = noRates();
            // The first one is not counted: it compiles the code that the others run.
            for (let repetition = 0; repetition <= repetitions; repetition++) {
              const sent = makeEvents(Math.round(events * setting.part), Math.floor(Math.random() * 1e9));
              const into = repetition === 0 ? noRates() : rates;
              await measureOnce(world, echo, sent, setting, into);
            }
            lines.push(...report(fsync, setting.batch, rates, say));
          }
        } finally {
          await world.close();
        }
      }
    } finally {
      echo.stop();
    }
    return lines.join('; ');
  },
};

async function measureOnce(
  world: IngestWorld,
  echo: Echo,
  events: readonly PurchaseEvent[],
  { batch, connections }: { readonly batch: number; readonly connections: number },
  rates: Rates,
): Promise<void> {
  const bodies = bodiesOf(events, batch);
  const requestsTo = (url: string): Buffer[] =>
    bodies.map((body) => postRequest(`${url}/v1/events/purchases`, body));
  const perSecondIn = (elapsedMs: number): number => perSecond(events.length, elapsedMs);
  const microsOf = (cpuMs: number): number => (cpuMs * 1_000) / events.length;

  await world.clear();
  const bare = events.map(({ json }) => json);
  rates.pipeline.push(perSecondIn(await appendBare(world.redis, bare, Math.max(batch, 100))));
  const echoCpuMs = processCpuMs(echo.pid);
  const echoed = await runClosedLoop(echo.url, connections, requestsTo(echo.url));
  rates.echo.push(perSecondIn(echoed.elapsedMs));
  rates.echoCpu.push(microsOf(processCpuMs(echo.pid) - echoCpuMs));

  await world.clear();
  const requests = requestsTo(world.ingestUrl);
  const ownCpuMs = processCpuMs(world.ingestPid);
  const { redisCpuMs } = await effortOf(world.redis, async () => {
    const { answers, elapsedMs } = await runClosedLoop(world.ingestUrl, connections, requests);
    rates.own.push(perSecondIn(elapsedMs));
    answers.forEach(mustBeAccepted);
  });
  rates.ownCpu.push(microsOf(processCpuMs(world.ingestPid) - ownCpuMs));
  rates.redisCpu.push(microsOf(redisCpuMs));
  await world.mustHold(events);
}

function mustBeAccepted({ status, body }: HttpAnswer): void {
  if (status !== 202) throw new Error(`ingest answered ${status}: ${body.toString('utf8').slice(0, 300)}`);
}

/** Says all figures of one batch size; answers what the last line holds of them. */
function report(fsync: Fsync, batch: number, rates: Rates, say: (line: string) => void): string[] {
  const { own, pipeline, echo } = rates;
  const ratios = (limit: readonly number[]): number[] => own.map((rate, i) => rate / (limit[i] as number));
  say(
    `AOF ${fsync}, batch ${batch}: ${spread(own, 0)} events/s, ` +
      `${spread(ratios(pipeline))} of the pipeline's ${spread(pipeline, 0)}, ` +
      `${spread(ratios(echo))} of the echo's ${spread(echo, 0)}; µs of processor for an event: ` +
      `ingest ${spread(rates.ownCpu, 1)}, Redis ${spread(rates.redisCpu, 1)}, echo ${spread(rates.echoCpu, 1)}`,
  );
  const limit = { 1: { name: 'echo', rates: echo }, 1_000: { name: 'pipeline', rates: pipeline } }[batch];
  if (!limit) return [];
  const ratio = median(ratios(limit.rates)).toFixed(2);
  return [`${fsync} batch ${batch} ratio ${ratio} of the ${limit.name}, ${Math.round(median(own))} events/s`];
}
