/**
 * The definitions of the YAML files beside this one, in TypeScript: `npx millrace apply examples/flights/flights.ts`.
 * A test compares the two.
 */
import { aggregatedGroup, derivedGroup, entity, featureService, repository, source } from '@millrace/define';

const airport = entity({
  name: 'airport',
  description: 'An airport, by its IATA code',
  joinKeys: [{ name: 'airport', type: 'string' }],
});

const route = entity({
  name: 'route',
  description: 'Two airports and a direction',
  joinKeys: [
    { name: 'origin', type: 'string' },
    { name: 'destination', type: 'string' },
  ],
});

/** One event per flight that left: the US domestic flights of vega-datasets (US DOT, 2001). */
const departures = source({
  name: 'departures',
  type: 'stream',
  fields: {
    flight_id: 'string',
    departed_at: 'timestamp',
    origin: 'string',
    destination: 'string',
    /** Minutes, negative where it left early. */
    delay: 'int',
    /** Miles. */
    distance: 'int',
  },
  timestampField: 'departed_at',
  idField: 'flight_id',
});

const operations = { owner: 'ops@example.com', tags: { team: 'operations' } };

const airportDepartures = aggregatedGroup({
  name: 'airport_departures',
  entity: airport,
  source: departures,
  keys: { airport: 'origin' },
  where: 'distance > 0',
  // What the US DOT calls late.
  derive: { late: { type: 'int', expression: 'delay > 15 ? 1 : 0' } },
  aggregations: [
    { of: 'delay', functions: ['mean', 'max', 'stddev', 'p95'], windows: ['1h', '6h', '24h'] },
    { of: 'late', functions: ['sum', 'mean'], windows: ['1h', '24h'] },
    { functions: ['count'], windows: ['1h', '24h', 'lifetime'] },
    { of: 'destination', functions: ['distinct_count', { last_k: 5 }], windows: ['24h'] },
    { of: 'delay', functions: ['mean'], windows: [{ records: 100 }, { records: 20, within: '60s' }] },
  ],
  ttl: '7d',
  freshness: { target: '15m' },
  ...operations,
});

/** What its last day is measured against. */
const airportWeek = aggregatedGroup({
  name: 'airport_week',
  entity: airport,
  source: departures,
  keys: { airport: 'origin' },
  where: 'distance > 0',
  derive: { late: { type: 'int', expression: 'delay > 15 ? 1 : 0' } },
  aggregations: [
    { of: 'delay', functions: ['mean', 'max', 'stddev', 'p95'], windows: ['7d'] },
    { of: 'late', functions: ['sum', 'mean'], windows: ['6h', '7d'] },
    { functions: ['count'], windows: ['6h', '7d'] },
  ],
  ttl: '7d',
  ...operations,
});

const airportInbound = aggregatedGroup({
  name: 'airport_inbound',
  entity: airport,
  source: departures,
  keys: { airport: 'destination' },
  where: 'distance >= 500',
  derive: {
    inbound_delay: { type: 'int', expression: 'delay' },
    inbound_hours: { type: 'float', expression: 'double(distance) / 500.0' },
  },
  aggregations: [
    { of: 'inbound_delay', functions: ['mean', 'min', 'max'], windows: ['6h', '24h', '7d'] },
    { of: 'inbound_hours', functions: ['sum'], windows: ['24h', '7d'] },
    { functions: ['count'], windows: ['lifetime'], name: 'inbound_count' },
  ],
  ...operations,
});

/** How an airport is doing against its own week, computed when it is read. */
const airportTrend = derivedGroup({
  name: 'airport_trend',
  inputs: [airportDepartures, airportWeek],
  features: [
    // Minutes; above 0, its flights of the last day left later than those of its week.
    { name: 'delay_trend', type: 'float', expression: 'delay_mean_24h - delay_mean_7d' },
  ],
  ...operations,
});

/** A composite key: origin and destination. */
const routeDelays = aggregatedGroup({
  name: 'route_delays',
  entity: route,
  source: departures,
  aggregations: [
    { of: 'delay', functions: ['sum', 'mean', 'min', 'max', 'stddev', 'last'], windows: ['24h', '7d'] },
    { functions: ['count'], windows: ['1h', '6h', '24h', '7d', 'lifetime'] },
  ],
  ttl: '30d',
  owner: 'planning@example.com',
  tags: { team: 'planning' },
});

/** What the departure board in the operations centre shows of an airport. */
const departureBoard = featureService({
  name: 'departure_board',
  features: [airportDepartures, airportWeek, airportInbound, airportTrend],
});

/** What a model that predicts the delay of one flight reads: its route, and how its origin is doing now. */
const delayPrediction = featureService({
  name: 'delay_prediction',
  features: [
    routeDelays,
    airportDepartures.feature('delay_mean_6h'),
    airportDepartures.feature('late_mean_24h'),
  ],
});

export default repository(departureBoard, delayPrediction);
