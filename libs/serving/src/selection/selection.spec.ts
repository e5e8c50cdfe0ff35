import { describe, expect, it } from 'vitest';
import type { GroupPlan, PlanDocument } from '@millrace/core';
import { selectFeatures, selectService } from './selection.js';

function group(name: string, version: number, features: readonly string[]): GroupPlan {
  return {
    kind: 'pushed',
    name,
    version,
    entity: 'customer',
    source: 'profile',
    keyFields: ['customer'],
    features: features.map((feature) => ({ name: feature, type: 'float' })),
  };
}

const PLAN: PlanDocument = {
  revision: 1,
  entities: [],
  sources: [],
  groups: [
    group('stats', 1, ['count', 'mean']),
    group('stats', 2, ['count', 'mean', 'max']),
    group('profile', 1, ['segment', 'count']),
  ],
  derivedGroups: [],
  services: [{ name: 'fraud', version: 1, features: [] }],
};

function names(...references: string[]): string[] {
  return selectFeatures(PLAN, references).map((feature) => feature.name);
}

describe('selecting features', () => {
  it('the newest version is meant where none is given', () => {
    expect(selectFeatures(PLAN, ['stats:max'])).toEqual([
      { group: 'stats', version: 2, feature: 'max', name: 'max' },
    ]);
  });

  it('a version may be written as in our definitions or as in Feast', () => {
    for (const text of ['stats@1:mean', 'stats@v1:mean']) {
      expect(selectFeatures(PLAN, [text])[0]?.version).toBe(1);
    }
    expect(selectFeatures(PLAN, ['stats@latest:mean'])[0]?.version).toBe(2);
  });

  it('a group without a feature stands for all of its features', () => {
    expect(names('profile')).toEqual(['segment', 'count']);
  });

  it('names that clash between groups carry their group', () => {
    expect(names('stats:count', 'profile:count', 'stats:mean')).toEqual([
      'stats:count',
      'profile:count',
      'mean',
    ]);
  });

  it('names that clash between versions carry group and version', () => {
    expect(names('stats@1:mean', 'stats@2:mean')).toEqual(['stats@1:mean', 'stats@2:mean']);
  });

  it('a feature asked for twice is answered once', () => {
    expect(names('stats:mean', 'stats@2:mean')).toEqual(['mean']);
  });

  it('unknown names are answered with the nearest', () => {
    expect(() => selectService(PLAN, 'fruad')).toThrow('did you mean "fraud"?');
    expect(() => names('stat:mean')).toThrow('did you mean "stats"?');
    expect(() => names('stats:maen')).toThrow('did you mean "mean"?');
    expect(() => names('stats@7:mean')).toThrow('no live version 7; live: 1, 2');
  });

  it('a text that is no reference is refused', () => {
    for (const text of ['', ':', 'a:', '@1:x', 'stats@x:mean'])
      expect(() => names(text)).toThrow('no feature reference');
  });
});
