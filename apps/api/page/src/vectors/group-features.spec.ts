import { expect, it } from 'vitest';
import type { FeatureValue } from '../api/vectors.js';
import { groupFeatures } from './group-features.js';

function feature(
  name: string,
  group: string,
  groupVersion: number,
  newestEventTime: string | null,
): FeatureValue {
  const freshnessMs = newestEventTime === null ? null : 1_000;
  const evidence = { group, groupVersion, freshnessMs, newestEventTime };
  return { name, value: 1, status: 'PRESENT', eventTime: newestEventTime, evidence };
}

it('features stand with their group and version, in the order of the answer', () => {
  const groups = groupFeatures([
    feature('a', 'trips', 1, null),
    feature('b', 'purchases', 2, null),
    feature('c', 'trips', 1, '2026-01-01T00:00:00Z'),
    feature('d', 'trips', 2, null),
  ]);
  const found = groups.map(({ group, version, features }) => [
    group,
    version,
    features.map(({ name }) => name),
  ]);
  expect(found).toEqual([
    ['trips', 1, ['a', 'c']],
    ['purchases', 2, ['b']],
    ['trips', 2, ['d']],
  ]);
  expect(groups[0]?.newestEventTime).toBe('2026-01-01T00:00:00Z');
});
