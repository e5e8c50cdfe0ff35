/** Milliseconds since the Unix epoch. Always an argument in this library, never read from a clock (I4). */
export type Instant = number;

/** A length of time in milliseconds. */
export type DurationMs = number;

const UNIT_MS = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)$/;

/**
 * Reads `90s`, `15m`, `1.5h`, `7d`, `2w`, `1y` (365 days). Returns undefined for anything else, for zero and
 * for lengths that are no whole number of milliseconds.
 */
export function parseDuration(text: string): DurationMs | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const lengthMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return Number.isInteger(lengthMs) && lengthMs > 0 && Number.isSafeInteger(lengthMs) ? lengthMs : undefined;
}

/** Writes a length in the largest unit that divides it: 3600000 becomes `1h`, 90000 becomes `90s`. */
export function formatDuration(lengthMs: DurationMs): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (lengthMs % UNIT_MS[unit] === 0) return `${lengthMs / UNIT_MS[unit]}${unit}`;
  }
  return `${lengthMs}ms`;
}
