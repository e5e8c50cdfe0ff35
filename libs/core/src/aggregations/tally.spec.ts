import { describe, expect, test } from 'vitest';
import { StateReader } from '../windows/state-reader.js';
import { StateWriter } from '../windows/state-writer.js';
import { Tally, type TallySpan } from './tally.js';

function afterItsState(tally: Tally): Tally {
  const out = new StateWriter(64);
  tally.write(out);
  const from = new StateReader();
  from.open(out.take());
  const read = Tally.read(from);
  expect(from.left).toBe(0);
  return read;
}

function sumsOf(tally: Tally, from: number, to: number): number[] {
  const sums = new Float64Array(tally.dictionary.size);
  tally.addTo(sums, from, to);
  return Array.from(sums);
}

describe('a tally comes back from its state', () => {
  test('with counts of any size', () => {
    const tally = new Tally();
    const counts = [1, 255, 256, 65_535, 65_536, 2 ** 40 + 3, 2 ** 52 + 1];
    const { from, to } = tally.append(
      counts.map((count, i) => ({ number: tally.dictionary.intern(i), count })),
    );
    expect(sumsOf(afterItsState(tally), from, to)).toEqual(counts);
  });

  test.each([65_536, 65_537])('with %i values', (size) => {
    const tally = new Tally();
    for (let value = 0; value < size; value++) tally.dictionary.intern(`value ${value}`);
    const { from, to } = tally.append([
      { number: size - 1, count: 3 },
      { number: 7, count: 2 },
    ]);
    const read = afterItsState(tally);
    expect(sumsOf(read, from, to)).toEqual(sumsOf(tally, from, to));
    expect(read.dictionary.valueOf(size - 1)).toBe(`value ${size - 1}`);
  });

  test('with texts of any length, each under its number', () => {
    const tally = new Tally();
    const values = [
      '',
      'a',
      'ä'.repeat(126),
      'b'.repeat(252),
      'c'.repeat(253),
      'd'.repeat(70_000),
      10n ** 300n,
      'e',
    ];
    for (const value of values) tally.dictionary.intern(value);
    const { dictionary } = afterItsState(tally);
    expect(values.map((_, number) => dictionary.valueOf(number))).toEqual(values);
    expect(values.map((value) => dictionary.find(value))).toEqual(values.map((_, number) => number));
    expect(dictionary.find('f')).toBe(-1);
  });
});

test('a settled tally holds the tiles in order, without lost ones and without values that none counts', () => {
  const tally = new Tally();
  const numbers = Array.from({ length: 100 }, (_, value) => tally.dictionary.intern(value));
  const one = (value: number): TallySpan => tally.append([{ number: numbers[value]!, count: 1 }]);
  const [second, lost, first] = [one(2), one(99), one(1)];
  expect(lost.to - lost.from).toBe(1);
  const spans: unknown[] = [first, null, second];
  tally.settle(spans);
  expect(spans).toEqual([{ from: 0, to: 1 }, null, { from: 1, to: 2 }]);
  expect(tally.dictionary.size).toBe(2);
  expect(tally.dictionary.find(99)).toBe(-1);
  expect(sumsOf(tally, 0, 1)).toEqual([1, 0]);
  expect(sumsOf(tally, 1, 2)).toEqual([0, 1]);
});
