import type { DefinitionKind, FeatureType, JoinKeyType, SourceDefinition } from '@millrace/core';

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

export const JOIN_KEY_TYPES = ['string', 'int'] as const satisfies readonly JoinKeyType[];

export const SOURCE_TYPES = [
  'stream',
  'push',
  'batch',
] as const satisfies readonly SourceDefinition['type'][];

export const DEFINITION_KINDS = [
  'Entity',
  'Source',
  'FeatureGroup',
  'DerivedFeatureGroup',
  'FeatureService',
] as const satisfies readonly DefinitionKind[];

export const isDefinitionKind = (kind: unknown): kind is DefinitionKind =>
  DEFINITION_KINDS.some((known) => known === kind);
