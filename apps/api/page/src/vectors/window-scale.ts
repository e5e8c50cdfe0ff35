/**
 * Where instants lie on the window bars: now at the right, the past to the left on a logarithmic scale, so
 * that a window of a minute and one of a month can be seen side by side.
 */
export interface WindowScale {
  /** The age at the left edge. */
  readonly oldestMs: number;
  /** 0 for the oldest age and all that is older, 100 for now. */
  readonly position: (ageMs: number) => number;
}

/** What is younger lies at the right edge: a tick moves visibly once its event is older than this. */
const YOUNGEST_MS = 1_000;
/** The left edge where no window has a beginning. */
const OLDEST_DEFAULT_MS = 24 * 3_600_000;
/** Room at the left for what is older than every window. */
const MARGIN = 1.6;

/** @param agesMs the ages of window beginnings that have to be told apart. */
export function windowScale(agesMs: readonly number[]): WindowScale {
  const longest = Math.max(0, ...agesMs.filter(Number.isFinite));
  const oldestMs = MARGIN * (longest > YOUNGEST_MS ? longest : OLDEST_DEFAULT_MS);
  const span = Math.log(oldestMs / YOUNGEST_MS);
  return {
    oldestMs,
    position: (ageMs) => {
      if (ageMs <= YOUNGEST_MS) return 100;
      if (ageMs >= oldestMs) return 0;
      return 100 * (1 - Math.log(ageMs / YOUNGEST_MS) / span);
    },
  };
}
