import { HttpConnection, type HttpAnswer } from './http-connection.js';

export interface ClosedLoop {
  readonly url: string;
  /** Each sends its next request when the last one was answered. */
  readonly connections: number;
  readonly durationMs: number;
  /** The next request, whole. */
  readonly next: () => Buffer;
  readonly onAnswer: (answer: HttpAnswer) => void;
}

/** Requests answered and the time they took, from the first request to the last answer. */
export async function runClosedLoop(
  options: ClosedLoop,
): Promise<{ readonly requests: number; readonly elapsedMs: number }> {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => HttpConnection.open(options.url)),
  );
  const startedMs = performance.now();
  let requests = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - startedMs < options.durationMs) {
        options.onAnswer(await connection.send(options.next()));
        requests++;
      }
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  for (const connection of connections) connection.close();
  return { requests, elapsedMs };
}
