import type { Instant } from '../time.js';

/** The range of ECMAScript dates: ±100 million days. */
const INSTANT_MAX = 8.64e15;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * An instant as events carry it: integer milliseconds since the epoch, or an RFC 3339 string (digits beyond the
 * millisecond are cut). Undefined for anything else, also for days that no month has.
 */
export function parseInstant(value: unknown): Instant | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= INSTANT_MAX ? value : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const match = RFC3339.exec(value);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const inCalendar = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!inCalendar || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (sign && (Number(offsetHour) > 23 || Number(offsetMinute) > 59)) return undefined;
  const offsetMs = sign ? (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 : 0;
  const ofDay = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000;
  const ms = fraction ? Number(fraction.slice(0, 3).padEnd(3, '0')) : 0;
  return date.getTime() + ofDay + ms - (sign === '-' ? -offsetMs : offsetMs);
}
