import { eventOf, type Flight } from './flights.js';
import type { Client } from './http.js';

const SEEN_MS = 10_000;

export interface Freshness {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sends single flights and reads the count of their airport, again and again, until it includes the flight:
 * from the moment that ingest has answered 202 to the moment that the first such read is here. One flight at
 * a time, so this is the way of one event through an idle system, not latency under load (`npm run bench`).
 */
export async function measureFreshness(
  client: Client,
  flights: readonly Flight[],
  before: readonly Flight[],
): Promise<Freshness> {
  const counts = new Map<string, number>();
  for (const { origin } of before) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  const samplesMs: number[] = [];
  for (const flight of flights) {
    const { origin } = flight;
    const expected = (counts.get(origin) ?? 0) + 1;
    counts.set(origin, expected);
    await client.send('departures', [eventOf(flight)]);
    const sampleMs = await untilCounted(client, origin, expected);
    if (sampleMs !== undefined) samplesMs.push(sampleMs);
  }
  samplesMs.sort((one, other) => one - other);
  const quantile = (q: number): number => samplesMs[Math.ceil(q * samplesMs.length) - 1] ?? NaN;
  return { samples: samplesMs.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/** Undefined where the airport's values are withheld for their age: its count cannot tell. */
async function untilCounted(client: Client, airport: string, expected: number): Promise<number | undefined> {
  const accepted = performance.now();
  for (;;) {
    const { results } = await client.features({
      features: ['airport_departures:count_lifetime'],
      entities: [{ airport }],
    });
    const waitedMs = performance.now() - accepted;
    const count = results[0]?.values['count_lifetime'];
    if (count === expected) return waitedMs;
    if (results[0]?.statuses['count_lifetime'] === 'OUTSIDE_MAX_AGE') return undefined;
    if (waitedMs > SEEN_MS) {
      throw new Error(
        `${airport}: count_lifetime is ${String(count)} after ${SEEN_MS} ms, expected ${expected}`,
      );
    }
  }
}
