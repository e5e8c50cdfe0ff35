import type { Flight } from './flights.js';
import { groupBy } from './group-by.js';
import type { Client, Evidence, FeatureVector } from './http.js';
import {
  airportDepartures,
  airportInbound,
  airportTrend,
  airportWeek,
  routeDelays,
  type Expected,
  type Value,
} from './recompute.js';

/** Sums of doubles depend on the order of adding; integers do not, and are compared to the last bit. */
const RELATIVE_ROUNDING = 1e-9;
const ENTITIES_PER_REQUEST = 200;

export interface Verification {
  readonly entities: number;
  readonly values: number;
  readonly wrong: readonly string[];
  /** Values that the product itself declares to be approximate, and that lie within the bound it declares. */
  readonly approximate: number;
  readonly airports: readonly FeatureVector[];
}

/** Reads every airport and every route through the api, and recomputes every value that it answers. */
export async function verify(client: Client, flights: readonly Flight[]): Promise<Verification> {
  const leaving = groupBy(flights, (flight) => flight.origin);
  const coming = groupBy(flights, (flight) => flight.destination);
  const onRoute = groupBy(flights, (flight) => `${flight.origin} ${flight.destination}`);
  const comparison = new Comparison();

  const airports = [...new Set([...leaving.keys(), ...coming.keys()])].map((airport) => ({ airport }));
  const airportVectors = await readAll(client, 'departure_board', airports);
  for (const { vector, asOfMs } of airportVectors) {
    const airport = vector.entity['airport'] ?? '';
    const flightsFrom = leaving.get(airport) ?? [];
    const departures = { ...airportDepartures(flightsFrom, asOfMs), ...airportWeek(flightsFrom, asOfMs) };
    comparison.compare(vector, asOfMs, {
      ...departures,
      ...airportInbound(coming.get(airport) ?? [], asOfMs),
      ...airportTrend(departures),
    });
  }

  const routes = [...onRoute.keys()].map((route) => {
    const [origin = '', destination = ''] = route.split(' ');
    // The model reads the route and its origin: one row names an entity of each kind.
    return { origin, destination, airport: origin };
  });
  for (const { vector, asOfMs } of await readAll(client, 'delay_prediction', routes)) {
    const { origin = '', destination = '' } = vector.entity;
    const ofOrigin = airportDepartures(leaving.get(origin) ?? [], asOfMs);
    comparison.compare(vector, asOfMs, {
      ...routeDelays(onRoute.get(`${origin} ${destination}`) ?? [], asOfMs),
      delay_mean_6h: ofOrigin['delay_mean_6h'] ?? null,
      late_mean_24h: ofOrigin['late_mean_24h'] ?? null,
    });
  }
  return {
    entities: airports.length + routes.length,
    values: comparison.values,
    wrong: comparison.wrong,
    approximate: comparison.approximate,
    airports: airportVectors.map(({ vector }) => vector),
  };
}

async function readAll(
  client: Client,
  service: string,
  entities: readonly Readonly<Record<string, string>>[],
): Promise<{ vector: FeatureVector; asOfMs: number }[]> {
  const read: { vector: FeatureVector; asOfMs: number }[] = [];
  for (let from = 0; from < entities.length; from += ENTITIES_PER_REQUEST) {
    const some = entities.slice(from, from + ENTITIES_PER_REQUEST);
    const answer = await client.features({ service, entities: some, evidence: true });
    if (answer.results.length !== some.length) {
      throw new Error(`${service}: ${some.length} entities asked, ${answer.results.length} answered`);
    }
    for (const vector of answer.results) {
      read.push({ vector, asOfMs: Date.parse(vector.asOf ?? answer.asOf) });
    }
  }
  return read;
}

class Comparison {
  values = 0;
  approximate = 0;
  readonly wrong: string[] = [];

  /** Every expected value must be served and every served value expected. */
  compare(vector: FeatureVector, asOfMs: number, expected: Expected): void {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(vector.values)])) {
      this.values += 1;
      const served = vector.values[name];
      const wanted = expected[name];
      const evidence = vector.evidence?.[name] ?? undefined;
      if (isSame(served, wanted)) continue;
      if (isWithinBound(served, wanted, evidence)) this.approximate += 1;
      else this.wrong.push(describe(vector, name, { served, wanted, asOfMs, evidence }));
    }
  }
}

function isSame(served: unknown, wanted: Value | undefined): boolean {
  if (served === wanted) return true;
  if (Array.isArray(wanted)) return JSON.stringify(served) === JSON.stringify(wanted);
  if (typeof served !== 'number' || typeof wanted !== 'number') return false;
  if (Number.isInteger(wanted) && Number.isInteger(served)) return false;
  return Math.abs(served - wanted) <= RELATIVE_ROUNDING * Math.max(1, Math.abs(wanted));
}

function isWithinBound(served: unknown, wanted: Value | undefined, evidence: Evidence | undefined): boolean {
  if (evidence === undefined || evidence.exact || evidence.valueBound === undefined) return false;
  if (typeof served !== 'number' || typeof wanted !== 'number') return false;
  return Math.abs(served - wanted) <= evidence.valueBound;
}

function describe(
  vector: FeatureVector,
  name: string,
  found: { served: unknown; wanted: unknown; asOfMs: number; evidence: Evidence | undefined },
): string {
  const entity = Object.values(vector.entity).join(' ');
  const instant = new Date(found.asOfMs).toISOString();
  const evidence = found.evidence === undefined ? '' : `, evidence ${JSON.stringify(found.evidence)}`;
  const status = vector.statuses[name] ?? 'no status';
  return `${entity} ${name} as of ${instant}: served ${String(found.served)} (${status}), recomputed ${String(found.wanted)}${evidence}`;
}
