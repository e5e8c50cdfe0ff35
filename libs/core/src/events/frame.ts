/**
 * Frames: the packed events of one append to one stream partition, in columns.
 *
 * A frame carries events of one source along one route. It describes itself (column names and types travel in
 * its header), so frames written before a source changed stay readable. Columns are packed as small as their
 * values allow and decode into typed arrays without an object per event; strings decode on first use.
 *
 *     magic 'M' · version · u16 header length · header (JSON) · u32 rows
 *     entity ids (dictionary) · entity of each row · event times · one block per column
 *     where the request was traced: u8 length · W3C traceparent
 *
 * Integers are little-endian. The format is read by the next release: change it only under a new version.
 */
import type { ColumnType } from '../plan/plan.js';
import type { Column } from './columns.js';

export const MAGIC = 0x4d;
export const VERSION = 1;

export interface FrameColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
}

/** What stays the same from frame to frame: computed once per source and route. */
export interface FrameLayout {
  readonly source: string;
  readonly route: string;
  readonly columns: readonly FrameColumnSpec[];
}

export interface FrameRows {
  /** Rows of `eventTime` and `columns` that go into this frame, in order. */
  readonly rows: ArrayLike<number>;
  /** Entity id of each selected row. */
  readonly entityIds: readonly string[];
  readonly eventTime: ArrayLike<number>;
  /** In the order of the layout. */
  readonly columns: readonly Column[];
  /** The trace of the request that brought the events, in W3C form. */
  readonly traceparent?: string | undefined;
}

export interface Frame {
  readonly source: string;
  readonly route: string;
  readonly size: number;
  /** The distinct entity ids of the frame. */
  readonly entityIds: readonly string[];
  /** Row to index in `entityIds`. */
  readonly entityOf: Uint32Array;
  /** ms since the epoch. */
  readonly eventTime: Float64Array;
  /** The columns of the source as it was when the frame was written. */
  readonly columnSpecs: readonly FrameColumnSpec[];
  readonly traceparent: string | undefined;
  column(name: string): Column | undefined;
  /** One event as it was accepted, for dead letters and people. Wide integers come as bigint. */
  row(index: number): Record<string, unknown>;
}

/** A frame that no release wrote, or that was damaged: it names what does not fit, and is never misread. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError';
}

/** How a block of numbers is stored: unsigned offsets from a base where that fits, else raw doubles. */
export const WIDTH = { allNull: 0, u8: 1, u16: 2, u32: 4, f64: 8 } as const;

/** One value as JSON has it: a bool as a bool, a wide integer as bigint, null where there is none. */
export function valueAt(column: Column, type: ColumnType, row: number): unknown {
  if (column.kind !== 'number') return column.values[row] ?? null;
  const wide = column.wide?.get(row);
  if (wide !== undefined) return wide;
  const value = column.values[row] as number;
  if (value !== value) return null;
  return type === 'bool' ? value !== 0 : value;
}
