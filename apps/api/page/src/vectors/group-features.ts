import type { FeatureValue, FeatureVector } from '../api/vectors.js';

/** The features that one version of one group gave, in the order of the answer. */
export interface GroupOfFeatures {
  readonly group: string;
  readonly version: number;
  readonly newestEventTime: string | null;
  readonly freshnessMs: number | null;
  readonly features: readonly FeatureValue[];
}

export function groupFeatures(features: FeatureVector['features']): GroupOfFeatures[] {
  const groups = new Map<string, FeatureValue[]>();
  for (const feature of features) {
    const { group = '', groupVersion = 0 } = feature.evidence ?? {};
    const key = `${group}@${groupVersion}`;
    const own = groups.get(key);
    if (own) own.push(feature);
    else groups.set(key, [feature]);
  }
  return [...groups.values()].map((own) => {
    // Derived features of one group may come from others.
    const [newest] = own
      .flatMap(({ evidence }) => (evidence?.newestEventTime == null ? [] : evidence))
      .toSorted((a, b) => (a.freshnessMs ?? Infinity) - (b.freshnessMs ?? Infinity));
    const first = own[0]?.evidence;
    return {
      group: first?.group ?? '',
      version: first?.groupVersion ?? 0,
      newestEventTime: newest?.newestEventTime ?? null,
      freshnessMs: newest?.freshnessMs ?? null,
      features: own,
    };
  });
}
