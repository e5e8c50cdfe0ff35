import { describe, expect, test } from 'vitest';
import { BucketHistogram, QUANTILE_ERROR } from './bucket-histogram.js';

/** Values of one sort each, as columns come: close together, far apart, few but frequent, of both signs. */
const SORTS: Readonly<Record<string, (i: number) => number>> = {
  'close together': (i) => 100 + (i % 97),
  'far apart': (i) => 10 ** ((i % 41) * 7 - 140),
  'few, each more often than a byte counts': (i) => i % 3,
  'of both signs, with outliers': (i) => (i % 50 === 0 ? -1e300 : Math.sin(i) * 40),
  'of the greatest sizes': (i) => (i % 2 === 0 ? 1e308 : -1e308),
};

describe.each(Object.entries(SORTS))('values %s', (_sort, valueAt) => {
  const values = Array.from({ length: 2_000 }, (_, i) => valueAt(i));

  test('come back from the packing in the same order, within the error', () => {
    const unpacked = new BucketHistogram();
    unpacked.addPacked(packed(values));
    expect(unpacked.total).toBe(values.length);
    const sorted = values.toSorted((a, b) => a - b);
    for (let rank = 0; rank < values.length; rank += 37) {
      const off = Math.abs(unpacked.valueAt(rank) / 2 - sorted[rank]! / 2);
      expect(off).toBeLessThanOrEqual((QUANTILE_ERROR + 1e-9) * Math.abs(sorted[rank]! / 2));
    }
  });

  test('give the same bytes packed at once as packed in parts and added up', () => {
    const sum = new BucketHistogram();
    for (let from = 0; from < values.length; from += 300)
      sum.addPacked(packed(values.slice(from, from + 300)));
    expect(sum.pack()).toEqual(packed(values));
  });
});

test('a cleared histogram packs to nothing', () => {
  const histogram = new BucketHistogram();
  histogram.addValue(3);
  histogram.clear();
  expect(histogram.pack()).toEqual(packed([]));
});

function packed(values: readonly number[]): Uint8Array {
  const histogram = new BucketHistogram();
  for (const value of values) histogram.addValue(value);
  return histogram.pack();
}
