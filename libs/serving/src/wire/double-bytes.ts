/**
 * Texts of doubles, written as bytes: the shortest digits that read back as the same double, and of those the closest,
 * as ECMAScript asks of `String(x)`, at a fourth of its cost.
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
/** Ten to the power of sixteen and seventeen: between them numbers have seventeen digits. */
const SEVENTEEN_DIGITS_END = 1e17;
const DIGITS = 17;
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
const TENS = Uint8Array.from({ length: 100 }, (_, n) => ZERO + Math.floor(n / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, n) => ZERO + (n % 10));

/** Longest text: `-0.000012345678901234567`. */
export const DOUBLE_LENGTH_MAX = 32;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Where the sign, the exponent and the first bits lie. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const digits = new Uint8Array(DIGITS);

/**
 * Writes a double with a mark that it is one (`3.0`, never `3`).
 * @returns where the text ends, or -1 where `String` has to be asked: nothing counts as written then
 */
export function writeDouble(bytes: Uint8Array, from: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= LEAST && size < BOUND)) return -1;
  double[0] = size;
  const high = words[HIGH]!;
  // Below a power of two doubles lie closer than above it.
  if ((high & 0xfffff) === 0 && words[1 - HIGH] === 0) return -1;
  const exponent = (high >>> 20) - 1_023;
  words[HIGH] = (exponent - 53 + 1_023) << 20;
  words[1 - HIGH] = 0;
  const before = digitsOf(size, Math.floor(exponent * LOG10_OF_2), double[0]);
  if (before === UNDECIDED) return -1;
  let at = from;
  if (value < 0) bytes[at++] = MINUS;
  return writeDigits(bytes, at, before);
}

const UNDECIDED = -100;

/**
 * Puts the seventeen digits, of which the last ones may be zeros, into `digits`.
 * @param magnitude of the first digit as a power of ten, or one less
 * @param half of the distance to the next double
 * @returns how many of the digits stand before the point, or UNDECIDED
 */
function digitsOf(size: number, magnitude: number, half: number): number {
  let power = DIGITS - 1 - magnitude;
  if (size * POWERS[power]! >= SEVENTEEN_DIGITS_END) power--;
  const factor = POWERS[power]!;
  const product = size * factor;
  const sizeHigh = size * SPLIT - (size * SPLIT - size);
  const sizeLow = size - sizeHigh;
  const [factorHigh, factorLow] = [POWERS_HIGH[power]!, POWERS_LOW[power]!];
  const rest =
    sizeHigh * factorHigh - product + sizeHigh * factorLow + sizeLow * factorHigh + sizeLow * factorLow;

  let first = Math.floor(product / EIGHT_DIGITS);
  let last = product - first * EIGHT_DIGITS + rest;
  if (last < 0) {
    first--;
    last += EIGHT_DIGITS;
  }
  last = shortest(last, half * factor);
  if (last >= EIGHT_DIGITS) {
    first++;
    last -= EIGHT_DIGITS;
  }
  if (last < 0 || first < EIGHT_DIGITS || first >= 10 * EIGHT_DIGITS) return UNDECIDED;
  const leading = (first / EIGHT_DIGITS) | 0;
  digits[0] = ZERO + leading;
  eightDigits(first - leading * EIGHT_DIGITS, 1);
  eightDigits(last, 9);
  return DIGITS - power;
}

/** The shortest number within less than `half` of this one, that is the one with most zeros; -1 where it is too close. */
function shortest(number: number, half: number): number {
  const whole = Math.floor(number);
  const hundredth = (whole | 0) % 100;
  const tail = hundredth + (number - whole);
  const toHundred = tail > 50 ? 100 - tail : tail;
  if (toHundred < half - TOO_CLOSE) return whole - hundredth + (tail > 50 ? 100 : 0);
  if (toHundred < half + TOO_CLOSE) return -1;
  const tenth = hundredth % 10;
  const ones = tenth + (number - whole);
  const toTen = ones > 5 ? 10 - ones : ones;
  if (toTen < half - TOO_CLOSE)
    return Math.abs(ones - 5) < TOO_CLOSE ? -1 : whole - tenth + (ones > 5 ? 10 : 0);
  if (toTen < half + TOO_CLOSE || Math.abs(number - whole - 0.5) < TOO_CLOSE) return -1;
  return number - whole > 0.5 ? whole + 1 : whole;
}

function eightDigits(number: number, at: number): void {
  const high = (number / 10_000) | 0;
  const low = number - high * 10_000;
  fourDigits(high, at);
  fourDigits(low, at + 4);
}

function fourDigits(number: number, at: number): void {
  const high = (number / 100) | 0;
  const low = number - high * 100;
  digits[at] = TENS[high]!;
  digits[at + 1] = ONES[high]!;
  digits[at + 2] = TENS[low]!;
  digits[at + 3] = ONES[low]!;
}

/** @param before how many digits stand before the point; none or less: as many zeros follow it */
function writeDigits(bytes: Uint8Array, from: number, before: number): number {
  let count = DIGITS;
  while (digits[count - 1] === ZERO) count--;
  let at = from;
  if (before <= 0) bytes[at++] = ZERO;
  for (let i = 0; i < before; i++) bytes[at++] = i < count ? digits[i]! : ZERO;
  bytes[at++] = DOT;
  for (let i = before; i < 0; i++) bytes[at++] = ZERO;
  if (count <= before) bytes[at++] = ZERO;
  for (let i = Math.max(0, before); i < count; i++) bytes[at++] = digits[i]!;
  return at;
}
