import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts the echo server in its own process. */
export async function startEcho(): Promise<{ readonly url: string; readonly pid: number; stop(): void }> {
  const server = fork(new URL('./echo-server.js', import.meta.url));
  const [url] = (await once(server, 'message')) as [string];
  return { url, pid: server.pid ?? 0, stop: () => server.disconnect() };
}
