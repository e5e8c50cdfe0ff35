import { median, perSecond } from '../figures.js';
import type { LoadClient } from '../http/load-client.js';
import { processTreeCpuMs } from '../process-cpu.js';

/**
 * Enough requests under way that neither server waits for its clients. The echo is as fast with 8, but the api speaks to
 * Redis for each request: with 8 it, Redis and the client, three processes on two cores, went in lockstep, and each idled
 * in turn. With more of them under way, commands and replies of several go in one system call.
 */
const CONNECTIONS = 64;

/** A server and the requests that it gets. */
export interface MeasuredServer {
  readonly pid: number;
  /** What the client calls them. */
  readonly target: number;
}

export interface ServerRate {
  /** Requests per second of the clock. */
  readonly rate: number;
  /** Processor time of the server and its children per request, in µs. */
  readonly cpuMicros: number;
  /** The same of Redis. */
  readonly redisMicros: number;
}

/** What a closed loop of so many requests gets out of a server. */
export async function rateOf(
  { client, redisPid }: { readonly client: LoadClient; readonly redisPid: number },
  { pid, target }: MeasuredServer,
  count: number,
): Promise<ServerRate> {
  const [before, redisBefore] = [processTreeCpuMs(pid), processTreeCpuMs(redisPid)];
  const elapsedMs = await client.closed({ target, connections: CONNECTIONS, count });
  const micros = (cpuMs: number): number => (cpuMs * 1_000) / count;
  return {
    rate: perSecond(count, elapsedMs),
    cpuMicros: micros(processTreeCpuMs(pid) - before),
    redisMicros: micros(processTreeCpuMs(redisPid) - redisBefore),
  };
}

/** Each figure by itself. */
export function medianRate(rates: readonly ServerRate[]): ServerRate {
  const of = (name: keyof ServerRate): number => median(rates.map((rate) => rate[name]));
  return { rate: of('rate'), cpuMicros: of('cpuMicros'), redisMicros: of('redisMicros') };
}
