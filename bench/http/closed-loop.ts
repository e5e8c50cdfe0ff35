import { HttpConnection, type HttpAnswer } from './http-connection.js';

/**
 * Sends requests over some connections, each of which sends its next one when its last one was answered.
 * Answers come in no order.
 */
export async function runClosedLoop(
  url: string,
  connectionCount: number,
  requests: readonly Buffer[],
): Promise<{ readonly answers: readonly HttpAnswer[]; readonly elapsedMs: number }> {
  const connections = await Promise.all(
    Array.from({ length: connectionCount }, () => HttpConnection.open(url)),
  );
  const answers: HttpAnswer[] = [];
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (next < requests.length) answers.push(await connection.send(requests[next++] as Buffer));
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  for (const connection of connections) connection.close();
  return { answers, elapsedMs };
}
