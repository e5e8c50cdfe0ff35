import type { DefinitionKind } from '@millrace/core';
import {
  DerivedFeatureGroupForm,
  EntityForm,
  FeatureGroupForm,
  FeatureServiceForm,
  SourceForm,
} from '@millrace/registry';

export interface KindRoute {
  readonly kind: DefinitionKind;
  /** The path below /v1. */
  readonly path: string;
  readonly form: new () => object;
}

/** The kinds that the admin API serves, each under its path. */
export const KIND_ROUTES: readonly KindRoute[] = [
  { kind: 'Entity', path: 'entities', form: EntityForm },
  { kind: 'Source', path: 'sources', form: SourceForm },
  { kind: 'FeatureGroup', path: 'feature-groups', form: FeatureGroupForm },
  { kind: 'DerivedFeatureGroup', path: 'derived-feature-groups', form: DerivedFeatureGroupForm },
  { kind: 'FeatureService', path: 'feature-services', form: FeatureServiceForm },
];
