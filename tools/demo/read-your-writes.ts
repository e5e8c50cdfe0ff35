import { eventOf, type Flight } from './flights.js';
import type { Client } from './http.js';

const WAIT_MS = 5_000;

export interface ReadYourWrites {
  readonly airport: string;
  /** From the sending of the flight to the answer that counts it: two requests. */
  readonly roundTripMs: number;
}

/**
 * Sends one flight, and reads its airport once at the position that ingest answered: that read must count the
 * flight, without a second look.
 * @param before every flight that was sent earlier.
 */
export async function readYourWrites(
  client: Client,
  flight: Flight,
  before: readonly Flight[],
): Promise<ReadYourWrites> {
  const airport = flight.origin;
  const expected = before.filter(({ origin }) => origin === airport).length + 1;
  const started = performance.now();
  const { position } = await client.send('departures', [eventOf(flight)]);
  const { results } = await client.features({
    features: ['airport_departures:count_lifetime'],
    entities: [{ airport }],
    minPosition: position,
    waitMs: WAIT_MS,
  });
  const roundTripMs = performance.now() - started;
  const count = results[0]?.values['count_lifetime'];
  if (count !== expected) {
    throw new Error(`${airport}: count_lifetime at ${position} is ${String(count)}, expected ${expected}`);
  }
  return { airport, roundTripMs };
}
