import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** One line of the raw file: US domestic flights of 2001, from the US Department of Transportation. */
interface RawFlight {
  /** `2001/01/13 14:56` */
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export interface Flight {
  readonly id: string;
  readonly departedAtMs: number;
  readonly origin: string;
  readonly destination: string;
  /** Minutes. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
}

/** The flights in the order of the file, which is not that of time, moved so that the last leaves at `nowMs`. */
export async function loadFlights(nowMs: number): Promise<Flight[]> {
  const file = createRequire(import.meta.url).resolve('vega-datasets/data/flights-20k.json');
  const raw = JSON.parse(await readFile(file, 'utf8')) as RawFlight[];
  const times = raw.map((flight) => timeOf(flight.date));
  const shiftMs = nowMs - times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  return raw.map(({ origin, destination, delay, distance }, index) => ({
    id: `flight-${index}`,
    departedAtMs: (times[index] ?? NaN) + shiftMs,
    origin,
    destination,
    delay,
    distance,
  }));
}

/** The file gives local times without zones; one zone for all keeps their distances. */
function timeOf(date: string): number {
  return Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}:00Z`);
}

/** The event as the source `departures` of examples/flights declares it. */
export function eventOf(flight: Flight): Record<string, unknown> {
  return {
    flight_id: flight.id,
    departed_at: new Date(flight.departedAtMs).toISOString(),
    origin: flight.origin,
    destination: flight.destination,
    delay: flight.delay,
    distance: flight.distance,
  };
}
