import { runClosedLoop } from '../http/closed-loop.js';
import type { HttpAnswer } from '../http/http-connection.js';
import { perSecond } from '../figures.js';
import { processTreeCpuMs } from '../process-cpu.js';

const CONNECTIONS = 8;

export interface ServerRate {
  /** Requests per second of the clock. */
  readonly rate: number;
  /** Processor time of the server and its children per request, in µs. */
  readonly cpuMicros: number;
}

/** What a closed loop of these requests gets out of a server. */
export async function rateOf(pid: number, url: string, requests: readonly Buffer[]): Promise<ServerRate> {
  const before = processTreeCpuMs(pid);
  const { answers, elapsedMs } = await runClosedLoop(url, CONNECTIONS, requests);
  const cpuMs = processTreeCpuMs(pid) - before;
  for (const answer of answers) mustBeOk(answer);
  return {
    rate: perSecond(answers.length, elapsedMs),
    cpuMicros: (cpuMs * 1_000) / answers.length,
  };
}

/** @throws Error for an answer that is not 200, which voids the speed. */
export function mustBeOk({ status, body }: HttpAnswer): void {
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString('utf8', 0, 300)}`);
}
