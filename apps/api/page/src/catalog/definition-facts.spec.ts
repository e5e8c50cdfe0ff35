import { expect, it } from 'vitest';
import type { FeatureGroupDefinition } from '../api/definitions.js';
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
