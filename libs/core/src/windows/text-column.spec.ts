import { expect, test } from 'vitest';
import { StateReader } from './state-reader.js';
import { StateWriter } from './state-writer.js';
import { TextColumnWriter } from './text-column.js';

/** As `TilesCodec` reads them. */
function columnOf(bytes: Uint8Array, rows: number): (string | null)[] {
  const reader = new StateReader();
  reader.open(bytes);
  const known: (string | null)[] = [];
  return Array.from({ length: rows }, () => {
    const number = reader.varint();
    if (number === 1) known.push(reader.text());
    return number === 0 ? null : (known[number === 1 ? known.length - 1 : number - 2] ?? null);
  });
}

test('columns of more texts than are remembered, short and long, of any alphabet, come back as they were', () => {
  const out = new StateWriter(1_024);
  const texts = new TextColumnWriter();
  const text = (i: number): string | null =>
    [null, '', `merchant-${i}`, `Zürich ${i}`, 'ß', '京'.repeat(i % 40), 'x'.repeat(i % 70)][i % 7] ?? null;
  for (const [rows, step] of [
    [10, 1],
    [12_000, 1],
    [3_000, 2],
    [9_000, 3],
    [500, 5],
  ] as const) {
    // The second half repeats the first.
    const column = Array.from({ length: rows }, (_, i) => text((i % (rows / 2)) * step));
    texts.begin();
    for (const value of column) texts.write(value, out);
    expect(columnOf(out.take(), rows)).toEqual(column);
  }
});

test('equal columns are equal bytes, whatever was written before', () => {
  const out = new StateWriter(1_024);
  const texts = new TextColumnWriter();
  const write = (column: readonly string[]): Uint8Array => {
    texts.begin();
    for (const value of column) texts.write(value, out);
    return out.take().slice();
  };
  const first = write(['b', 'a', 'b', 'a']);
  write(['a', 'c', 'b']);
  expect(write(['b', 'a', 'b', 'a'])).toEqual(first);
});
