import type { Instant } from '@millrace/core';

const DAY_MS = 86_400_000;
/** The range of ECMAScript dates. */
const INSTANT_MAX = 8.64e15;
/** The first instant whose year takes more than four digits. */
const YEAR_10_000 = 253_402_300_800_000;

/** `00` to `99` and `000` to `999`. */
const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'));

/** Length of the text of an instant from 1970 to 9999: `2026-01-02T03:04:05.678Z`. */
export const INSTANT_LENGTH = 24;
const ZERO = 0x30;
const COLON = 0x3a;
const DOT = 0x2e;
const Z = 0x5a;

/** The day that was written last: the times of a process are nearly all of one or two days. */
let knownDay = NaN;
let knownDayText = '';
let knownDayBytes = new Uint8Array(0);

function know(day: number): void {
  if (day === knownDay) return;
  knownDayText = new Date(day * DAY_MS).toISOString().slice(0, -13);
  knownDayBytes = Buffer.from(knownDayText, 'latin1');
  knownDay = day;
}

/**
 * RFC 3339 in UTC with milliseconds, undefined for what is no instant. Does what `Date.toISOString` does in a
 * fifth of its time: an answer holds one instant per group and row.
 */
export function instantText(instant: Instant): string | undefined {
  if (!(Math.abs(instant) <= INSTANT_MAX)) return undefined;
  const day = Math.floor(instant / DAY_MS);
  know(day);
  const ms = Math.floor(instant - day * DAY_MS);
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return (
    `${knownDayText}${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:` +
    `${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[ms % 1_000]}Z`
  );
}

/** Whether the text of an instant is INSTANT_LENGTH long, as `writeInstant` wants it. */
export function isUsualInstant(instant: Instant): boolean {
  return instant >= 0 && instant < YEAR_10_000;
}

/** Writes the text of a usual instant into bytes, without making the text. */
export function writeInstant(bytes: Uint8Array, from: number, instant: Instant): void {
  const day = Math.floor(instant / DAY_MS);
  know(day);
  let at = from;
  for (let i = 0; i < knownDayBytes.length; i++) bytes[at++] = knownDayBytes[i] as number;
  const ms = Math.floor(instant - day * DAY_MS);
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  at = writeTwo(bytes, at, Math.floor(minutes / 60), COLON);
  at = writeTwo(bytes, at, minutes % 60, COLON);
  at = writeTwo(bytes, at, seconds % 60, DOT);
  const rest = ms % 1_000;
  const hundreds = Math.floor(rest / 100);
  bytes[at++] = ZERO + hundreds;
  writeTwo(bytes, at, rest - hundreds * 100, Z);
}

function writeTwo(bytes: Uint8Array, at: number, number: number, separator: number): number {
  const tens = Math.floor(number / 10);
  bytes[at] = ZERO + tens;
  bytes[at + 1] = ZERO + number - tens * 10;
  bytes[at + 2] = separator;
  return at + 3;
}
