import { expect, it } from 'vitest';
import type { FeatureGroupDefinition, FeatureServiceDefinition } from '../api/definitions.js';
import { factsOf } from './definition-facts.js';

const GROUP: FeatureGroupDefinition = {
  kind: 'FeatureGroup',
  name: 'airport_departures',
  entity: 'airport',
  source: 'departures',
  where: 'distance > 0',
  aggregations: [
    { of: 'delay', functions: ['mean', { last_k: 5 }], windows: ['1h', { records: 20, within: '60s' }] },
    { functions: ['count'], windows: ['lifetime'], where: 'late == 1' },
  ],
};

it('a feature group tells its entity, source and aggregations the way one would say them', () => {
  expect(factsOf('feature-groups', GROUP)).toEqual([
    { term: 'Entity', lines: ['airport'], isCode: true },
    { term: 'Source', lines: ['departures'], isCode: true },
    { term: 'Where', lines: ['distance > 0'], isCode: true },
    {
      term: 'Aggregations',
      lines: [
        'mean, last_k 5 of delay over 1h, records 20 within 60s',
        'count over lifetime where late == 1',
      ],
      isCode: true,
    },
  ]);
});

it('a service with variants tells the share of each, and what it serves where that differs', () => {
  const service: FeatureServiceDefinition = {
    kind: 'FeatureService',
    name: 'board',
    features: ['airport_departures'],
    by: 'airport',
    variants: [
      { name: 'control', weight: 2 },
      { name: 'older', weight: 1, features: ['airport_departures@1'] },
    ],
  };
  expect(factsOf('feature-services', service)).toEqual([
    { term: 'Features', lines: ['airport_departures'], isCode: true },
    { term: 'Variants', lines: ['control 66.7 %', 'older 33.3 %: airport_departures@1'], isCode: true },
    { term: 'Split by', lines: ['airport'], isCode: true },
  ]);
});
