/**
 * Texts of doubles, written as bytes: the shortest digits that read back as the same double, and of those the closest,
 * as ECMAScript asks of `String(x)`, at a fraction of its cost.
 *
 * A double from 1e-5 to 1e15 times the power of ten that gives it 17 digits before the point is known exactly as the
 * sum of two doubles, because that power is at most 1e22, which a double holds, and their product has an exact rest
 * (Dekker 1971). Doubles lie at most 22.3 of the last digit apart then. So there are three cases: a multiple of 100 is
 * nearer than half of that (there is at most one, and fewer digits still are the zeros at its end), a multiple of ten
 * is, or all 17 digits are needed. Only the last step rounds, by less than 1e-8: what is decided by less than a
 * hundredfold of it is left to `String`.
 */

const LEAST = 1e-5;
const BOUND = 1e15;
const DIGITS = 17;
const SEVENTEEN_DIGITS_END = 1e17;
/** The first nine and the last eight of the digits are a number each. */
const EIGHT_DIGITS = 100_000_000;
const TOO_CLOSE = 1e-6;
const LOG10_OF_2 = 0.301_029_995_663_981_2;
/** Splits a double into two halves of 26 bits each (Veltkamp 1968). */
const SPLIT = 2 ** 27 + 1;

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const POWERS_HIGH = POWERS.map((power) => power * SPLIT - (power * SPLIT - power));
const POWERS_LOW = POWERS.map((power, exponent) => power - POWERS_HIGH[exponent]!);

const ZERO = 0x30;
const MINUS = 0x2d;
const DOT = 0x2e;
/** The texts of 0000 to 9999, four bytes each, the first in front. */
const FOUR_DIGITS = Int32Array.from({ length: 10_000 }, (_, number) =>
  Buffer.from(String(number).padStart(4, '0')).readInt32BE(),
);

/** Longest text, with what is written on the way: `-0.000012345678901234567`. */
export const DOUBLE_LENGTH_MAX = 32;

const double = new DataView(new ArrayBuffer(8));

/**
 * Writes a double with a mark that it is one (`3.0`, never `3`).
 * @param view of the same bytes
 * @returns where the text ends, or -1 where `String` has to be asked: nothing counts as written then
 */
export function writeDouble(bytes: Uint8Array, view: DataView, from: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= LEAST && size < BOUND)) return -1;
  double.setFloat64(0, size);
  const high = double.getInt32(0);
  // Below a power of two doubles lie closer than above it.
  if ((high & 0xfffff) === 0 && double.getInt32(4) === 0) return -1;
  const exponent = (high >>> 20) - 1_023;
  const magnitude = Math.floor(exponent * LOG10_OF_2);
  // One less than it has to be where the number is that much larger than the power of two in it.
  const power =
    size * POWERS[DIGITS - 1 - magnitude]! < SEVENTEEN_DIGITS_END
      ? DIGITS - 1 - magnitude
      : DIGITS - 2 - magnitude;
  let at = from;
  if (value < 0) bytes[at++] = MINUS;
  const before = DIGITS - power;
  // The digits before the point move over it in the end.
  const digitsAt = before > 0 ? at + 1 : at + 2 - before;
  if (!writeDigits(view, digitsAt, size, power, exponent)) return -1;
  let end = digitsAt + DIGITS;
  while (bytes[end - 1] === ZERO) end--;
  if (before <= 0) {
    bytes[at] = ZERO;
    bytes[at + 1] = DOT;
    for (let i = at + 2; i < digitsAt; i++) bytes[i] = ZERO;
    return end;
  }
  for (let i = 0; i < before; i++) bytes[at + i] = bytes[at + i + 1]!;
  bytes[at + before] = DOT;
  // A whole number has zeros up to the point, and one behind it.
  return Math.max(end, at + before + 2);
}

/**
 * Writes all seventeen digits, of which the last ones may be zeros.
 * @param power of ten that the number is to be multiplied by
 * @returns false where that cannot be decided
 */
function writeDigits(view: DataView, at: number, size: number, power: number, exponent: number): boolean {
  const factor = POWERS[power]!;
  const product = size * factor;
  const sizeHigh = size * SPLIT - (size * SPLIT - size);
  const sizeLow = size - sizeHigh;
  const factorHigh = POWERS_HIGH[power]!;
  const factorLow = POWERS_LOW[power]!;
  const rest =
    sizeHigh * factorHigh - product + sizeHigh * factorLow + sizeLow * factorHigh + sizeLow * factorLow;
  let first = Math.floor(product / EIGHT_DIGITS);
  let last = product - first * EIGHT_DIGITS + rest;
  if (last < 0) {
    first--;
    last += EIGHT_DIGITS;
  }
  double.setInt32(0, (exponent - 53 + 1_023) << 20);
  double.setInt32(4, 0);
  const halfDistance = double.getFloat64(0) * factor;
  const rounded = shortest(last, halfDistance) | 0;
  if (rounded < 0) return false;
  const carry = rounded >= EIGHT_DIGITS ? 1 : 0;
  const nine = (first + carry) | 0;
  if (nine < EIGHT_DIGITS || nine >= 10 * EIGHT_DIGITS) return false;
  const leading = (nine / EIGHT_DIGITS) | 0;
  view.setInt8(at, ZERO + leading);
  writeEight(view, at + 1, nine - leading * EIGHT_DIGITS);
  writeEight(view, at + 9, rounded - carry * EIGHT_DIGITS);
  return true;
}

/** The number within less than `half` of this one that has most zeros at its end; -1 where that is too close. */
function shortest(number: number, half: number): number {
  const whole = Math.floor(number) | 0;
  const fraction = number - whole;
  const hundredth = whole % 100;
  const tail = hundredth + fraction;
  const toHundred = tail > 50 ? 100 - tail : tail;
  if (toHundred < half - TOO_CLOSE) return whole - hundredth + (tail > 50 ? 100 : 0);
  if (toHundred < half + TOO_CLOSE) return -1;
  const tenth = hundredth % 10;
  const ones = tenth + fraction;
  const toTen = ones > 5 ? 10 - ones : ones;
  if (toTen < half - TOO_CLOSE)
    return Math.abs(ones - 5) < TOO_CLOSE ? -1 : whole - tenth + (ones > 5 ? 10 : 0);
  if (toTen < half + TOO_CLOSE || Math.abs(fraction - 0.5) < TOO_CLOSE) return -1;
  return fraction > 0.5 ? whole + 1 : whole;
}

function writeEight(view: DataView, at: number, number: number): void {
  const high = (number / 10_000) | 0;
  view.setInt32(at, FOUR_DIGITS[high]!);
  view.setInt32(at + 4, FOUR_DIGITS[number - high * 10_000]!);
}
