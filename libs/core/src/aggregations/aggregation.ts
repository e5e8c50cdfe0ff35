import type { FeatureValue } from '../windows/engine.js';
import type { Instant } from '../time.js';
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import type { Tiles } from '../windows/tiles.js';
import type { Accumulator, Field } from './accumulator.js';

/** What a function may need to know of the window besides its accumulators. */
export interface WindowView {
  /** The instant of the read. */
  readonly asOf: Instant;
  /** When the time that the window covers begins; null where rows alone bound it. */
  readonly since: Instant | null;
  /** Rows later than this instant are inside. */
  readonly after: Instant;
}

/** One function of one column, compiled: which accumulators it reads and how it finishes them. */
export interface Aggregation {
  readonly uses: readonly Accumulator[];
  /** The value, from the registers of `uses` after the window's tiles were folded into them. */
  readonly value: (window: WindowView) => FeatureValue;
  /**
   * How far off the value may be, after only the tiles on the window's edge were folded: absent where the
   * function has no such bound. `events`: rows of those tiles that may be outside.
   */
  bound?(window: WindowView, events: number): number;
  /** Keeps the time of each row that matters, so that no edge inside a merged tile makes it inexact. */
  readonly keepsTimes?: boolean;
  /** Relative error of the sketch behind the value that was just finished; 0 while it is exact. */
  sketchError?(window: WindowView): number;
}

/** A value as it lies in tiles: a text, or a number and what a double cannot hold of it. */
export type Scalar = number | bigint | string;

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

/** A list as it is served: of no values there is none, as there is no mean of them. */
export function listOf(values: readonly Scalar[]): FeatureValue {
  return values.length === 0 ? null : values;
}

/** The value of a field in a single, null where it has none: what lists and frequencies keep. */
export function scalarAt(tiles: Tiles, field: Field, at: number): Scalar | null {
  if (field.text >= 0) return tiles.texts[field.text]![at] ?? null;
  const value = tiles.cells[field.column * tiles.capacity + at]!;
  if (Number.isNaN(value)) return null;
  if (field.rest < 0) return value;
  const rest = tiles.cells[field.rest * tiles.capacity + at]!;
  return rest === 0 && Number.isSafeInteger(value) ? value : integerOf(BigInt(value) + BigInt(rest));
}

export function writeScalar(value: Scalar, out: StateWriter): void {
  if (typeof value === 'string') {
    out.byte(TEXT);
    out.text(value);
  } else if (typeof value === 'bigint') {
    out.byte(WIDE);
    out.text(value.toString());
  } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 48 && !Object.is(value, -0)) {
    out.byte(INTEGER);
    out.signed(value);
  } else {
    out.byte(DOUBLE);
    out.double(value);
  }
}

export function readScalar(from: StateReader): Scalar {
  const form = from.byte();
  if (form === INTEGER) return from.signed();
  if (form === DOUBLE) return from.double();
  const text = from.text() ?? '';
  return form === WIDE ? BigInt(text) : text;
}

const TEXT = 0;
const WIDE = 1;
const INTEGER = 2;
const DOUBLE = 3;
