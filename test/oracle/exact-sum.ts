/** Sums of doubles without rounding: each is an integer multiple of 2^-1074, so BigInt adds them exactly. */
const UNIT_BITS = 1074;
const KEPT_BITS = 200;

export function exactSum(values: readonly number[]): number {
  let total = 0n;
  for (const value of values) total += inUnits(value);
  // Far more digits than a double has survive the shift.
  return Number(total >> BigInt(UNIT_BITS - KEPT_BITS)) / 2 ** KEPT_BITS;
}

function inUnits(value: number): bigint {
  let scaled = value;
  let bits = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    bits++;
  }
  return BigInt(scaled) << BigInt(UNIT_BITS - bits);
}
