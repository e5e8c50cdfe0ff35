import type { FeatureValue } from '../windows/engine.js';
import type { Instant } from '../time.js';
import type { Accumulator, Field } from './accumulator.js';

/** What a function may need to know of the window besides its accumulators. */
export interface WindowView {
  /** The instant of the read. */
  readonly asOf: Instant;
  /** The window covers the time after this instant; null where rows alone bound it. */
  readonly from: Instant | null;
}

/** One function of one column, compiled: which accumulators it reads and how it finishes them. */
export interface Aggregation {
  readonly uses: readonly Accumulator[];
  /** The value, from the registers of `uses` after the window's tiles were folded into them. */
  value(window: WindowView): FeatureValue;
  /**
   * How far off the value may be, after only the tiles on the window's edge were folded: absent where the
   * function has no such bound. `events`: rows of those tiles that may be outside.
   */
  bound?(window: WindowView, events: number): number;
  /** Relative error of the sketch behind the value that was just finished; 0 while it is exact. */
  sketchError?(): number;
}

/** A number as the feature type of its column wants it: `int` exact, `bool` true or false. */
export function scalarOf(field: Field, value: number, rest: number): FeatureValue {
  if (Number.isNaN(value)) return null;
  if (field.type === 'bool') return value !== 0;
  return rest === 0 && (field.type !== 'int' || Number.isSafeInteger(value))
    ? value
    : integerOf(BigInt(value) + BigInt(rest));
}

/** An exact integer: a number where a double holds it, else a bigint. */
export function integerOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
