import { Redis } from 'ioredis';
import { openLoop } from './open-loop.js';

/** The limit of W5: from XADD to the return of an XREAD that was blocked on it. Answers samples in ms. */
export async function blockedRead(url: string, seconds: number, eventsPerSecond: number): Promise<number[]> {
  const [writer, reader] = [new Redis(url), new Redis(url)];
  const sentMs = new Map<string, number>();
  const samplesMs: number[] = [];
  let last = '$';
  const end = new AbortController();
  const read = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const answer = await reader.xread('BLOCK', 500, 'STREAMS', 'bench:blocked', last);
      for (const [id, fields] of answer?.[0]?.[1] ?? []) {
        last = id;
        const sent = sentMs.get(fields[1] as string);
        if (sent !== undefined) samplesMs.push(performance.now() - sent);
      }
    }
  };
  const finished = read();
  await openLoop(seconds, eventsPerSecond, async (events, intendedMs, request) => {
    sentMs.set(String(request), intendedMs);
    const pipeline = writer.pipeline();
    // The last event of each request is the one that is timed, as the probes of the product are.
    for (let i = 1; i <= events; i++) {
      const label = i === events ? String(request) : '';
      pipeline.xadd('bench:blocked', 'MAXLEN', '~', 10_000, '*', 'e', label);
    }
    await pipeline.exec();
  });
  end.abort();
  await finished;
  await writer.del('bench:blocked');
  writer.disconnect();
  reader.disconnect();
  return samplesMs;
}
