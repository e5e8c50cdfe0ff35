/** Rows as lists keep them: a value with its place in the order of event time and arrival. */
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import { ARRIVAL, type Tiles } from '../windows/tiles.js';
import type { Field } from './accumulator.js';
import { readScalar, scalarAt, writeScalar, type Scalar } from './aggregation.js';

export interface ListedRow {
  readonly time: number;
  readonly arrival: number;
  readonly value: Scalar;
}

/** Whether row a is older than row b. */
export function isOlder(a: ListedRow, b: ListedRow): boolean {
  return a.time < b.time || (a.time === b.time && a.arrival < b.arrival);
}

/** The row of a single, undefined where the field is null. */
export function listedRow(tiles: Tiles, field: Field, at: number): ListedRow | undefined {
  const value = scalarAt(tiles, field, at);
  if (value === null) return undefined;
  return { time: tiles.cells[at]!, arrival: tiles.cells[ARRIVAL * tiles.capacity + at]!, value };
}

export function writeRows(rows: readonly ListedRow[], out: StateWriter): void {
  out.varint(rows.length);
  for (const { time, arrival, value } of rows) {
    out.double(time);
    out.varint(arrival);
    writeScalar(value, out);
  }
}

export function readRows(from: StateReader): ListedRow[] {
  const rows: ListedRow[] = [];
  const count = from.varint();
  for (let i = 0; i < count; i++) {
    rows.push({ time: from.double(), arrival: from.varint(), value: readScalar(from) });
  }
  return rows;
}
