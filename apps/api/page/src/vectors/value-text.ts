import { WrittenNumber, type ExactJson } from '../api/exact-json.js';

/** Digits that a table shows of a float; the exact value is one press away. */
const FRACTION_DIGITS = 4;
const LIST_ITEMS_SHOWN = 5;

/** A value as the table shows it: floats rounded, long lists cut. */
export function shortText(value: ExactJson): string {
  if (typeof value === 'number') return shortNumber(value, String(value));
  if (value instanceof WrittenNumber) return shortNumber(Number(value.text), value.text);
  if (isList(value)) {
    const shown = value.slice(0, LIST_ITEMS_SHOWN).map(shortText).join(', ');
    const more = value.length - LIST_ITEMS_SHOWN;
    return more > 0 ? `[${shown}, … ${more} more]` : `[${shown}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    const shown = members.slice(0, LIST_ITEMS_SHOWN).map(([name, member]) => `${name}: ${shortText(member)}`);
    const more = members.length - LIST_ITEMS_SHOWN;
    return `{${shown.join(', ')}${more > 0 ? `, … ${more} more` : ''}}`;
  }
  return exactText(value);
}

/** A value to the last digit. */
export function exactText(value: ExactJson): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof WrittenNumber) return value.text;
  if (isList(value)) return `[${value.map(quotedText).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${name}: ${quotedText(member)}`);
  return `{${members.join(', ')}}`;
}

function quotedText(value: ExactJson): string {
  return typeof value === 'string' ? JSON.stringify(value) : exactText(value);
}

/** Integers keep every digit; what is too small or too large for four fraction digits takes an exponent. */
function shortNumber(value: number, written: string): string {
  if (/^-?\d+(\.0)?$/.test(written)) return written;
  const size = Math.abs(value);
  if (size < 10 ** -FRACTION_DIGITS || size >= 1e9) return value.toPrecision(FRACTION_DIGITS + 1);
  return written.length <= String(Math.trunc(value)).length + 1 + FRACTION_DIGITS
    ? written
    : value.toFixed(FRACTION_DIGITS);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}
