import { Agent, get } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { waitFor } from '../../../test/kit/index.js';
import { createHttpAdapter } from './server.js';

/** Long before a connection that keeps the server from closing would time out by itself (65 s). */
const SOON_MS = 3_000;

async function serve(
  handle: () => Promise<void> = async () => {},
): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = createHttpAdapter({ bodyBytesMax: 1_024 }).getInstance();
  server.get('/', async () => {
    await handle();
    return 'answered';
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: (server.server.address() as AddressInfo).port, close: () => server.close() };
}

function ask(port: number, agent: Agent): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    get({ port, agent, host: '127.0.0.1' }, (answer) => {
      answer.resume();
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }),
      );
    }).once('error', reject);
  });
}

async function elapsedMs(task: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await task;
  return performance.now() - startedMs;
}

it('F23: a server closes though the client of a request that was under way keeps its connection', async () => {
  let answer = (): void => {};
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  let closing: Promise<number> | undefined;
  const { port, close } = await serve(() => {
    closing = elapsedMs(close());
    return mayAnswer;
  });
  const agent = new Agent({ keepAlive: true });
  const answered = ask(port, agent);
  await waitFor('the request to arrive', async () => closing !== undefined, { deadlineMs: 5_000 });
  answer();
  expect(await answered).toEqual({ status: 200, connection: 'close' });
  expect(await closing).toBeLessThan(SOON_MS);
  agent.destroy();
});

it('F23: a server closes though a connection on which nothing was ever sent stays open', async () => {
  const { port, close } = await serve();
  const silent = connect(port, '127.0.0.1');
  const cutOff = new Promise((resolve) => silent.once('close', resolve));
  await new Promise((resolve) => silent.once('connect', resolve));
  expect(await elapsedMs(close())).toBeLessThan(SOON_MS);
  await cutOff;
});
