import type { DefinitionKind, FeatureType } from '@millrace/core';

export const FEATURE_TYPES = [
  'int',
  'float',
  'string',
  'bool',
  'timestamp',
  'bytes',
  'int_list',
  'float_list',
  'string_list',
  'embedding',
] as const satisfies readonly FeatureType[];

export const DEFINITION_KINDS = [
  'Entity',
  'Source',
  'FeatureGroup',
  'DerivedFeatureGroup',
  'FeatureService',
] as const satisfies readonly DefinitionKind[];

export const isDefinitionKind = (kind: unknown): kind is DefinitionKind =>
  DEFINITION_KINDS.some((known) => known === kind);
