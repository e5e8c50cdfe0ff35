/**
 * The features of examples/flights once more, from the raw file, in the plainest way: filter the flights of
 * the window, then add up. Shares nothing with the engine on purpose: it is what the served values are
 * compared with.
 */
import type { Flight } from './flights.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WINDOWS = {
  '60s': MINUTE,
  '1h': HOUR,
  '6h': 6 * HOUR,
  '24h': DAY,
  '7d': 7 * DAY,
  lifetime: Infinity,
} as const;

type WindowName = keyof typeof WINDOWS;
export type Value = number | string | null | readonly string[];

/** A whole vector, or why its values are withheld. */
export type Expected = Readonly<Record<string, Value>>;

/** The flights inside `(asOf − length, asOf]`, oldest first; of equal times, in the order of arrival. */
function within(flights: readonly Flight[], window: WindowName, asOfMs: number): Flight[] {
  return flights
    .filter(({ departedAtMs }) => departedAtMs <= asOfMs && departedAtMs > asOfMs - WINDOWS[window])
    .toSorted((one, other) => one.departedAtMs - other.departedAtMs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

function greatest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

/** Of a sample: n − 1 in the denominator, nothing for fewer than two values. */
function standardDeviation(values: readonly number[]): number | null {
  const centre = mean(values);
  if (centre === null || values.length < 2) return null;
  return Math.sqrt(sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1));
}

/** Between the two neighbours of the rank, as SQL's percentile_cont. */
function quantile(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
}

function delaysOf(flights: readonly Flight[]): number[] {
  return flights.map((flight) => flight.delay);
}

function perWindow(
  flights: readonly Flight[],
  windows: readonly WindowName[],
  asOfMs: number,
  compute: (inWindow: readonly Flight[], window: WindowName) => Record<string, Value>,
): Expected {
  return Object.assign(
    {},
    ...windows.map((window) => compute(within(flights, window, asOfMs), window)),
  ) as Expected;
}

/** A group with a TTL withholds its values when its newest event is older than that. */
function unlessOlderThan(
  ttlMs: number,
  flights: readonly Flight[],
  asOfMs: number,
  values: Expected,
): Expected {
  const newestMs = flights.reduce((newest, flight) => Math.max(newest, flight.departedAtMs), -Infinity);
  if (flights.length === 0 || asOfMs - newestMs <= ttlMs) return values;
  return Object.fromEntries(Object.keys(values).map((name) => [name, null]));
}

function latestDestinations(flights: readonly Flight[], count: number): string[] | null {
  const latestFirst = flights.map((flight) => flight.destination).toReversed();
  return latestFirst.length === 0 ? null : latestFirst.slice(0, count);
}

const counted = (leaving: readonly Flight[]): Flight[] => leaving.filter((flight) => flight.distance > 0);

const delayStatistics = (flights: readonly Flight[], window: WindowName): Record<string, Value> => ({
  [`delay_mean_${window}`]: mean(delaysOf(flights)),
  [`delay_max_${window}`]: greatest(delaysOf(flights)),
  [`delay_stddev_${window}`]: standardDeviation(delaysOf(flights)),
  [`delay_p95_${window}`]: quantile(delaysOf(flights), 0.95),
});

function lateness(flights: readonly Flight[], window: WindowName): Record<string, Value> {
  const late = flights.map((flight) => (flight.delay > 15 ? 1 : 0));
  return { [`late_sum_${window}`]: sum(late), [`late_mean_${window}`]: mean(late) };
}

const count = (flights: readonly Flight[], window: WindowName): Record<string, Value> => ({
  [`count_${window}`]: flights.length,
});

/** The group `airport_departures`, from the flights that leave the airport. */
export function airportDepartures(leaving: readonly Flight[], asOfMs: number): Expected {
  const flights = counted(leaving);
  return unlessOlderThan(7 * DAY, flights, asOfMs, {
    ...perWindow(flights, ['1h', '6h', '24h'], asOfMs, delayStatistics),
    ...perWindow(flights, ['1h', '24h'], asOfMs, lateness),
    ...perWindow(flights, ['1h', '24h', 'lifetime'], asOfMs, count),
    ...perWindow(flights, ['24h'], asOfMs, (inWindow, window) => ({
      [`destination_distinct_count_${window}`]: new Set(inWindow.map((flight) => flight.destination)).size,
      [`destination_last_k_${window}`]: latestDestinations(inWindow, 5),
    })),
    delay_mean_last100: mean(delaysOf(within(flights, 'lifetime', asOfMs).slice(-100))),
    delay_mean_last20_60s: mean(delaysOf(within(flights, '60s', asOfMs).slice(-20))),
  });
}

/** The group `airport_week`, from the same flights. */
export function airportWeek(leaving: readonly Flight[], asOfMs: number): Expected {
  const flights = counted(leaving);
  return unlessOlderThan(7 * DAY, flights, asOfMs, {
    ...perWindow(flights, ['7d'], asOfMs, delayStatistics),
    ...perWindow(flights, ['6h', '7d'], asOfMs, lateness),
    ...perWindow(flights, ['6h', '7d'], asOfMs, count),
  });
}

/** The derived group `airport_trend`, from recomputed values of its inputs: null where one of them is. */
export function airportTrend({ delay_mean_24h: ofDay, delay_mean_7d: ofWeek }: Expected): Expected {
  const isKnown = typeof ofDay === 'number' && typeof ofWeek === 'number';
  return { delay_trend: isKnown ? ofDay - ofWeek : null };
}

/** The group `airport_inbound`, from the flights that go to the airport. */
export function airportInbound(coming: readonly Flight[], asOfMs: number): Expected {
  const far = coming.filter((flight) => flight.distance >= 500);
  return {
    ...perWindow(far, ['6h', '24h', '7d'], asOfMs, (flights, window) => {
      const delays = delaysOf(flights);
      return {
        [`inbound_delay_mean_${window}`]: mean(delays),
        [`inbound_delay_min_${window}`]: least(delays),
        [`inbound_delay_max_${window}`]: greatest(delays),
      };
    }),
    ...perWindow(far, ['24h', '7d'], asOfMs, (flights, window) => ({
      [`inbound_hours_sum_${window}`]: sum(flights.map((flight) => flight.distance / 500)),
    })),
    inbound_count: far.length,
  };
}

/** The group `route_delays`, from the flights of the route. */
export function routeDelays(flights: readonly Flight[], asOfMs: number): Expected {
  return unlessOlderThan(30 * DAY, flights, asOfMs, {
    ...perWindow(flights, ['24h', '7d'], asOfMs, (inWindow, window) => {
      const delays = delaysOf(inWindow);
      return {
        [`delay_sum_${window}`]: sum(delays),
        [`delay_mean_${window}`]: mean(delays),
        [`delay_min_${window}`]: least(delays),
        [`delay_max_${window}`]: greatest(delays),
        [`delay_stddev_${window}`]: standardDeviation(delays),
        [`delay_last_${window}`]: delays.at(-1) ?? null,
      };
    }),
    ...perWindow(flights, ['1h', '6h', '24h', '7d', 'lifetime'], asOfMs, (inWindow, window) => ({
      [`count_${window}`]: inWindow.length,
    })),
  });
}
