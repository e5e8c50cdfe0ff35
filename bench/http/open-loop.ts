import { setTimeout as pause } from 'node:timers/promises';
import { HttpConnection, type HttpAnswer } from './http-connection.js';

export interface OpenLoop {
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
    Array.from({ length: options.connections }, () => HttpConnection.open(options.url)),
  );
  const all = [...free];
  const requests = Math.floor((options.requestsPerSecond * options.durationMs) / 1_000);
  const latencies = new Float64Array(requests);
  const startedMs = performance.now();
  const running: Promise<void>[] = [];
  const serve = async (connection: HttpConnection, request: number): Promise<void> => {
    options.onAnswer(await connection.send(options.next()));
    latencies[request] = performance.now() - (startedMs + (request * 1_000) / options.requestsPerSecond);
    free.push(connection);
  };
  while (running.length < requests) {
    const elapsedMs = performance.now() - startedMs;
    const due = Math.min(requests, Math.floor((elapsedMs * options.requestsPerSecond) / 1_000) + 1);
    for (let connection: HttpConnection | undefined; running.length < due;) {
      // In turn, so that none lies idle: the server hangs up on one that says nothing for its time-out.
      connection = free.shift();
      // All are busy: the requests that are due wait, and their waiting counts.
      if (!connection) break;
      running.push(serve(connection, running.length));
    }
    await pause(1);
  }
  await Promise.all(running);
  for (const connection of all) connection.close();
  return latencies.toSorted();
}

/** The latency that this part of the requests stayed under: `percentile(latencies, 0.99)`. */
export function percentile(ascending: Float64Array, part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? NaN;
}
