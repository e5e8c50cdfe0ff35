/** A process of its own, started by `load-client.ts`. */
import { HttpConnection, mustBeOk } from './http-connection.js';
import type { ClosedLoad, LoadOutcome, NewTarget, OpenLoad, Target } from './load-client.js';
import { Metronome } from './metronome.js';
import { runOpenLoop } from './open-loop.js';

interface Prepared {
  readonly url: string;
  readonly next: () => Buffer;
}

const targets: Prepared[] = [];
const metronome = new Metronome();

process.on('disconnect', () => process.exit(0));
process.on('message', (load: NewTarget | ClosedLoad | OpenLoad) => {
  outcomeOf(load).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => process.send?.({ fault: String(error) } satisfies LoadOutcome),
  );
});

async function outcomeOf(load: NewTarget | ClosedLoad | OpenLoad): Promise<LoadOutcome> {
  if (load.kind === 'target') return { target: targets.push(prepared(load)) - 1 };
  const target = targets[load.target];
  if (!target) throw new Error(`no target ${load.target}`);
  if (load.kind === 'closed') return { elapsedMs: await closed(target, load) };
  const { connections, requestsPerSecond, durationMs } = load;
  const loop = { ...target, metronome, connections, requestsPerSecond, durationMs, onAnswer: mustBeOk };
  return { latencies: await runOpenLoop(loop) };
}

/**
 * Keeps all requests in one block of memory. As 100,000 buffers they made each of this process's collections take 25 to
 * 50 ms, by threads of real-time priority: the servers waited for a core meanwhile.
 */
function prepared({ url, requests }: Target): Prepared {
  const block = Buffer.concat(requests);
  const ends = new Uint32Array(requests.length);
  let end = 0;
  for (const [i, { length }] of requests.entries()) ends[i] = end += length;
  let at = 0;
  const next = (): Buffer => {
    const request = at++ % ends.length;
    return block.subarray(request === 0 ? 0 : ends[request - 1], ends[request]);
  };
  return { url, next };
}

/** @returns how long it took, in ms. */
async function closed({ url, next }: Prepared, { connections, count }: ClosedLoad): Promise<number> {
  const all = await Promise.all(
    Array.from({ length: connections }, () => HttpConnection.open(url, 'passing')),
  );
  let sent = 0;
  const startedMs = performance.now();
  await Promise.all(
    all.map(async (connection) => {
      while (sent++ < count) mustBeOk(await connection.send(next()));
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  for (const connection of all) connection.close();
  return elapsedMs;
}
