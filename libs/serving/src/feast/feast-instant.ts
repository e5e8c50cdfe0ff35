import { parseInstant, type Instant } from '@millrace/core';

/** `2021-01-01 00:00:00.123456+00:00`, as pandas and Python's isoformat write it; naive times are UTC. */
const PYTHON_TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?)?([Zz]|[+-]\d\d:?\d\d)?$/;

/** Integers from here on are milliseconds, below seconds: as seconds this is the year 5138. */
const MILLISECONDS_FROM = 1e11;

/**
 * An instant as Feast's clients send it: seconds since the epoch (what its own encoding makes of a
 * timestamp), milliseconds, RFC 3339, or a naive time in UTC.
 */
export function parseFeastInstant(value: unknown): Instant | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    return parseInstant(Math.floor(Math.abs(value) < MILLISECONDS_FROM ? value * 1_000 : value));
  }
  if (typeof value !== 'string') return undefined;
  const match = PYTHON_TIME.exec(value);
  if (!match) return undefined;
  const [, date = '', minutes = '00:00', seconds = ':00', offset = 'Z'] = match;
  const colon = /^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;
  return parseInstant(`${date}T${minutes}${seconds}${colon}`);
}

/** The zero time of a protobuf Timestamp: of join keys, and of values that were not found. */
export const ZERO_INSTANT_JSON = '"1970-01-01T00:00:00Z"';

/** RFC 3339 in UTC with as many digits as needed, none where the second is whole. */
export function feastInstantJson(instant: Instant): string {
  if (!Number.isFinite(instant)) return ZERO_INSTANT_JSON;
  return `"${new Date(instant).toISOString().replace('.000Z', 'Z')}"`;
}
