const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS],
] as const;

/** `1 h 28 min`: the largest unit and the one below it, where that is not 0. Below a second: `250 ms`. */
export function durationText(durationMs: number): string {
  if (durationMs < SECOND_MS) return `${Math.max(0, Math.round(durationMs))} ms`;
  const index = UNITS.findIndex(([, lengthMs]) => durationMs >= lengthMs);
  const [unit, lengthMs] = UNITS[index] ?? UNITS[3];
  const whole = Math.floor(durationMs / lengthMs);
  const below = UNITS[index + 1];
  const rest = below === undefined ? 0 : Math.floor((durationMs - whole * lengthMs) / below[1]);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${below?.[0] ?? ''}`;
}

/** From here on what is left below a second tells nothing. */
const ROUNDED_FROM_MS = 10 * SECOND_MS;

/**
 * `7 d`, `24 h`, `90 s`: a length as people declare it, in one unit. Those of sessions and of the bucket so far are declared
 * by nobody: `9 min 44 s`, `8.1 s`.
 */
export function lengthText(lengthMs: number): string {
  const isWhole = (unitMs: number): boolean =>
    lengthMs % unitMs === 0 && lengthMs >= (unitMs === DAY_MS ? 2 * DAY_MS : unitMs);
  const [unit, unitMs] = UNITS.find(([, each]) => isWhole(each)) ?? ['ms', 1];
  if (unitMs === 1 && lengthMs >= ROUNDED_FROM_MS) return durationText(lengthMs);
  if (unitMs === 1 && lengthMs >= SECOND_MS) return `${(lengthMs / SECOND_MS).toFixed(1)} s`;
  return `${Math.round(lengthMs / unitMs)} ${unit}`;
}
