/** A small set of definitions, for tests of what becomes of it. */
import type {
  EntityDefinition,
  FeatureGroupDefinition,
  FeatureServiceDefinition,
  SourceDefinition,
} from '@millrace/core';

export const AIRPORT: EntityDefinition = {
  kind: 'Entity',
  name: 'airport',
  joinKeys: [{ name: 'airport', type: 'string' }],
};

export const DEPARTURES: SourceDefinition = {
  kind: 'Source',
  name: 'departures',
  type: 'stream',
  fields: { departed_at: 'timestamp', airport: 'string', delay: 'int' },
  timestampField: 'departed_at',
};

export const DELAYS: FeatureGroupDefinition = {
  kind: 'FeatureGroup',
  name: 'delays',
  entity: 'airport',
  source: 'departures',
  aggregations: [{ of: 'delay', functions: ['mean'], windows: ['1h'] }],
};

/** The same group with another meaning. */
export const LATE_ONLY: FeatureGroupDefinition = { ...DELAYS, where: 'delay > 15' };

export const BOARD: FeatureServiceDefinition = {
  kind: 'FeatureService',
  name: 'board',
  features: ['delays'],
};
