import { describe, expect, test } from 'vitest';
import { BucketHistogram } from './bucket-histogram.js';
import { QUANTILE_ERROR } from './value-buckets.js';

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
    addTo(unpacked, values);
    expect(unpacked.count()).toBe(values.length);
    const sorted = values.toSorted((a, b) => a - b);
    for (let rank = 0; rank < values.length; rank += 37) {
      const off = Math.abs(unpacked.valueAt(rank) / 2 - sorted[rank]! / 2);
      expect(off).toBeLessThanOrEqual((QUANTILE_ERROR + 1e-9) * Math.abs(sorted[rank]! / 2));
    }
  });

  test('give the same bytes packed at once as packed in parts and added up', () => {
    const sum = new BucketHistogram();
    for (let from = 0; from < values.length; from += 300) addTo(sum, values.slice(from, from + 300));
    expect(sum.pack()).toEqual(packed(values));
  });
});

test('a cleared histogram packs to nothing', () => {
  const histogram = new BucketHistogram();
  histogram.addValue(3);
  histogram.clear();
  expect(histogram.pack()).toEqual(packed([]));
});

test('values at the end of the range of doubles keep the wider error that is declared for them', () => {
  const sizes = [1.7, 1.72, 1.73, 1.74, 1.76, 1.78, 1.7976931348623157].map((size) => size * 1e308);
  const histogram = new BucketHistogram();
  for (const size of sizes) for (const value of [size, -size]) histogram.addValue(value);
  const sorted = [...sizes, ...sizes.map((size) => -size)].toSorted((a, b) => a - b);
  expect(histogram.count()).toBe(sorted.length);
  sorted.forEach((value, rank) => {
    const off = Math.abs(histogram.valueAt(rank) / 2 - value / 2) / Math.abs(value / 2);
    expect(off).toBeLessThanOrEqual(histogram.errorAt(rank) + 1e-9);
  });
  expect(histogram.errorAt(0)).toBeGreaterThan(QUANTILE_ERROR);
  expect(histogram.errorAt(sizes.length - 1)).toBe(QUANTILE_ERROR);
});

function addTo(histogram: BucketHistogram, values: readonly number[]): void {
  const bytes = packed(values);
  histogram.addPacked(bytes, 0, bytes.length);
}

function packed(values: readonly number[]): Uint8Array {
  const histogram = new BucketHistogram();
  for (const value of values) histogram.addValue(value);
  return histogram.pack();
}
