export { Database, type DatabaseSettings } from './postgres/database.js';
export { Registry, type ApplyRequest, type ApplyResult } from './postgres/registry.js';
export { PlanPublisher, type PlanPublisherOptions } from './plan-publisher.js';
export { decideChanges, KEEP_ALL, type Decision, type Removal } from './changes.js';
export type { Changed, ChangeSet } from './change-set.js';
export type { RegistryState, SubjectVersion } from './registry-state.js';
export type { Subject } from './subject.js';
export { readDefinitions, type LocatedFault, type ReadDefinitions } from './read-definitions.js';
export { DEFINITION_KINDS, FEATURE_TYPES, isDefinitionKind } from './vocabulary.js';
export { entityTagOf, type Precondition } from './precondition.js';
export type { ChangeFilter } from './postgres/definition-queries.js';
export type {
  DefinitionFilter,
  Page,
  RegistryChange,
  StoredDefinition,
  StoredVersion,
} from './postgres/stored-definition.js';
export {
  DerivedFeatureGroupForm,
  EntityForm,
  FeatureGroupForm,
  FeatureServiceForm,
  SourceForm,
} from './definition-forms.js';
export {
  AccessKeyRegistry,
  type NewAccessKey,
  type StoredAccessKey,
} from './postgres/access-key-registry.js';
export { AccessKeyPublisher } from './access-key-publisher.js';
export { MayBeAbsent } from './form-rules.js';
