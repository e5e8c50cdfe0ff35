import { waitFor } from '../local-services/wait-for.js';
import { eventOf, type Flight } from './flights.js';
import { groupBy } from './group-by.js';
import { HttpError, type Client, type FeaturesAnswer, type Receipt } from './http.js';

const FLIGHTS_PER_REQUEST = 500;
/** Apps look for a new plan each second. */
const PLAN_KNOWN_MS = 10_000;
const APPLIED_MS = 60_000;

export interface Replay {
  readonly accepted: number;
  readonly duplicates: number;
  readonly seconds: number;
}

/**
 * Sends the flights in their order, one request after the other, and waits until reads show all of them.
 * The first request is sent twice, as by a client that lost the answer: its flights must count once.
 */
export async function replay(client: Client, flights: readonly Flight[]): Promise<Replay> {
  const [first, ...others] = inRequests(flights);
  if (first === undefined) throw new Error('There are no flights');
  await waitFor('ingest to know the source', () => isKnown(client), { deadlineMs: PLAN_KNOWN_MS });

  const started = performance.now();
  let accepted = 0;
  let duplicates = 0;
  for (const request of [first, first, ...others]) {
    const receipt = await client.send('departures', request.map(eventOf));
    refuseRejections(receipt);
    accepted += receipt.accepted;
    duplicates += receipt.duplicates;
  }
  await untilApplied(client, flights);
  return { accepted, duplicates, seconds: (performance.now() - started) / 1_000 };
}

function inRequests(flights: readonly Flight[]): Flight[][] {
  const count = Math.ceil(flights.length / FLIGHTS_PER_REQUEST);
  return Array.from({ length: count }, (_, index) =>
    flights.slice(index * FLIGHTS_PER_REQUEST, (index + 1) * FLIGHTS_PER_REQUEST),
  );
}

async function isKnown(client: Client): Promise<boolean> {
  try {
    await client.send('departures', []);
    return true;
  } catch (error) {
    if (error instanceof HttpError && [404, 503].includes(error.status)) return false;
    if (error instanceof HttpError && error.status < 500) return true;
    throw error;
  }
}

function refuseRejections({ rejected }: Receipt): void {
  const [first] = rejected;
  if (first !== undefined) {
    throw new Error(`${rejected.length} flights were rejected; the first: ${first.code} ${first.message}`);
  }
}

/** Every flight raises a count that knows no window: of its route, its origin, and its destination if far. */
export async function untilApplied(client: Client, flights: readonly Flight[]): Promise<void> {
  const far = flights.filter((flight) => flight.distance >= 500);
  const awaited = [
    { feature: 'airport_departures:count_lifetime', groups: groupBy(flights, ({ origin }) => origin) },
    { feature: 'airport_inbound:inbound_count', groups: groupBy(far, ({ destination }) => destination) },
    {
      feature: 'route_delays:count_lifetime',
      groups: groupBy(flights, ({ origin, destination }) => `${origin} ${destination}`),
    },
  ];
  for (const { feature, groups } of awaited) {
    const keys = [...groups.keys()];
    const entities = keys.map(entityOf);
    const look = async (): Promise<boolean> => {
      const missing = countMissing(await client.features({ features: [feature], entities }), keys, groups);
      if (missing > 0) throw new Error(`${missing} flights are not applied yet`);
      return true;
    };
    await waitFor(`${feature} to count every flight`, look, { deadlineMs: APPLIED_MS });
  }
}

function entityOf(key: string): Record<string, string> {
  const [origin = '', destination] = key.split(' ');
  return destination === undefined ? { airport: origin } : { origin, destination };
}

/** Flights that the served counts lack. A count that is withheld for its age (TTL) cannot tell. */
function countMissing(
  answer: FeaturesAnswer,
  keys: readonly string[],
  groups: ReadonlyMap<string, readonly Flight[]>,
): number {
  return answer.results.reduce((missing, { values, statuses }, index) => {
    const [status] = Object.values(statuses);
    const [count] = Object.values(values);
    const sent = groups.get(keys[index] ?? '')?.length ?? 0;
    return status === 'OUTSIDE_MAX_AGE' ? missing : missing + Math.abs(sent - Number(count));
  }, 0);
}
