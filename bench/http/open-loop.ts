import { HttpConnection, type HttpAnswer } from './http-connection.js';
import { monotonicMs, type Metronome } from './metronome.js';

export interface OpenLoop {
  readonly metronome: Metronome;
  readonly url: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly durationMs: number;
  readonly next: () => Buffer;
  readonly onAnswer: (answer: HttpAnswer) => void;
}

/**
 * Sends at a fixed rate, whatever the answers do, and measures each from the instant at which it was due: a
 * server that stalls pays for every request that it kept waiting (no coordinated omission).
 * @returns latencies in ms, ascending
 */
export async function runOpenLoop(options: OpenLoop): Promise<Float64Array> {
  const free = await Promise.all(
    Array.from({ length: options.connections }, () => HttpConnection.open(options.url, 'passing')),
  );
  const all = [...free];
  const requests = Math.floor((options.requestsPerSecond * options.durationMs) / 1_000);
  const latencies = new Float64Array(requests);
  const running: Promise<void>[] = [];
  /** Due while all connections were busy: they wait, and their waiting counts. */
  const waiting: number[] = [];
  const serve = async (from: HttpConnection, first: number, startedMs: number): Promise<void> => {
    for (let request: number | undefined = first; request !== undefined; request = waiting.shift()) {
      options.onAnswer(await from.send(options.next()));
      latencies[request] = monotonicMs() - (startedMs + (request * 1_000) / options.requestsPerSecond);
    }
    free.push(from);
  };
  await options.metronome.every(options.requestsPerSecond, requests, (request, startedMs) => {
    // In turn, so that none lies idle: the server hangs up on one that says nothing for its time-out.
    const connection = free.shift();
    if (connection) running.push(serve(connection, request, startedMs));
    else waiting.push(request);
  });
  await Promise.all(running);
  for (const connection of all) connection.close();
  return latencies.toSorted();
}

/** The latency that this part of the requests stayed under: `percentile(latencies, 0.99)`. */
export function percentile(ascending: Float64Array, part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? NaN;
}
