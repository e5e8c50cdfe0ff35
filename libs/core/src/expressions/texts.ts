/** What expressions read from texts. None of it takes longer for a text that was made to be slow to read. */
import { RowFault } from './expression-error.js';

/** How much of a text that cannot be read is shown: it may be as long as a field, and goes into each dead letter. */
const SHOWN_LENGTH_MAX = 80;

const shown = (text: string): string =>
  JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);

/** By code points, as CEL has it, so that an emoji is one; and without making a list of them. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.codePointAt(i) as number) > 0xffff) {
      count--;
      i++;
    }
  }
  return count;
}

const DURATION_TEXT = /^-?(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const PART_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export function durationMs(text: string): number {
  if (text.length > NUMBER_LENGTH_MAX || !DURATION_TEXT.test(text))
    throw new RowFault(`duration: cannot read ${shown(text)}; write it like "90s" or "1h30m"`);
  let lengthMs = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART))
    lengthMs += Number(amount) * (PART_MS[unit as string] as number);
  return text.startsWith('-') ? -lengthMs : lengthMs;
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

export function timestampMs(text: string): number {
  const instant = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant))
    throw new RowFault(`timestamp: cannot read ${shown(text)} as an RFC 3339 instant`);
  return instant;
}

/** No digit can be matched in two ways: with `\d+\.?\d*`, 64 KiB of digits and a letter took two minutes. */
const NUMBER_TEXT = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** Nobody writes a number or a length of time with more: a longer text is refused without looking through it. */
const NUMBER_LENGTH_MAX = 1_000;

export function parsedNumber(name: string, text: string): number {
  const value = text.length <= NUMBER_LENGTH_MAX && NUMBER_TEXT.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new RowFault(`${name}: cannot read ${shown(text)} as a number`);
  return value;
}
