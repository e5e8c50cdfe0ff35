export { ERRORS, MillraceError, type ErrorCode } from './errors.js';
export { parseDuration, formatDuration, type DurationMs, type Instant } from './time.js';
export type {
  AggregationDefinition,
  DeclaredFeature,
  Definition,
  DefinitionKind,
  DerivedFeatureGroupDefinition,
  EntityDefinition,
  FeatureGroupDefinition,
  FeatureServiceDefinition,
  FeatureType,
  FunctionDefinition,
  JoinKeyType,
  Metadata,
  SourceDefinition,
  VariantDefinition,
  WindowDefinition,
} from './definitions/definitions.js';
export type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  ColumnType,
  DerivedGroupPlan,
  EntityPlan,
  FunctionPlan,
  GroupPlan,
  InputPlan,
  PlanDocument,
  PushedGroupPlan,
  ServedFeature,
  ServicePlan,
  SourcePlan,
  SplitPlan,
  WindowPlan,
} from './plan/plan.js';
export type { Column, GroupBatch, ListColumn, NumberColumn, StringColumn } from './events/columns.js';
export type { FeatureValue, GroupEngine, Timeline, ValueEvidence } from './windows/engine.js';
export { entityIdOf, entityKeysOf, hash32, partitionOf } from './events/entity-id.js';
export { routeIdOf, routesOf, type Route } from './events/route.js';
export { decodeFrame } from './events/frame-decoder.js';
export { encodeFrame } from './events/frame-encoder.js';
export {
  CorruptFrameError,
  valueAt,
  type Frame,
  type FrameColumnSpec,
  type FrameLayout,
  type FrameRows,
} from './events/frame.js';
export {
  choiceVariable,
  EnvironmentError,
  integerVariable,
  ratioVariable,
  readEnvironment,
  secretVariable,
  textVariable,
  urlVariable,
  type Variable,
} from './environment.js';
export {
  FUNCTIONS,
  FUNCTION_LIMITS,
  SESSION_LONGEST_MS_DEFAULT,
  type FunctionKind,
  type FunctionRule,
} from './aggregations/functions.js';
export { parseExactJson } from './events/json.js';
export { isBase64 } from './events/base64.js';
export { parseInstant } from './events/timestamp.js';
export {
  columnTypeOf,
  compileEventReader,
  ENTITY_ID_BYTES_MAX,
  FIELD_BYTES_MAX,
  LIST_LENGTH_MAX,
  type EventBatch,
  type EventFault,
  type EventFaultCode,
  type EventReader,
} from './events/event-reader.js';
export {
  compileRowProgram,
  type FrameColumns,
  type RowProgram,
  type RowProgramResult,
} from './expressions/row-program.js';
export { compilePlan, type PlanCompilation, type RegisteredDefinition } from './plan/compile-plan.js';
export { VariantSplit } from './plan/variant-split.js';
export { PARTITIONS_DEFAULT } from './plan/compile-entity.js';
export { pathOf, type DefinitionFault, type DefinitionFaultCode } from './plan/definition-fault.js';
export type { DefinitionOutline, EntityOutline, SourceOutline } from './plan/outlines.js';
export { parseFeatureReference, type FeatureReference } from './plan/feature-reference.js';
export { nearestName } from './nearest-name.js';
export { compileGroup } from './windows/compiled-group.js';
export { CorruptStateError } from './windows/state-reader.js';
export {
  compileDerivedProgram,
  type DerivedInput,
  type DerivedProgram,
} from './expressions/derived-program.js';
export {
  digestOf,
  hasScope,
  isSecretOf,
  isValidKey,
  nameNotAllowed,
  parseAccessKey,
  NAME_PATTERN,
  SCOPES,
  writeAccessKey,
  type AccessKey,
  type Caller,
  type Scope,
} from './access/access-key.js';
export { callerOfClaims, SUBJECT_PREFIX, type ClaimRules, type Claims } from './access/token-claims.js';
export { lineageOf } from './lineage/lineage-of-plan.js';
export {
  type Lineage,
  type LineageEdge,
  type LineageKind,
  type LineageNode,
  type LineageUse,
} from './lineage/lineage.js';
export {
  isLineageSubject,
  lineageAround,
  LINEAGE_SUBJECTS,
  type LineageAround,
  type LineageSubject,
} from './lineage/lineage-around.js';
export { openLineageOf, type OpenLineageEvent } from './lineage/openlineage.js';
export {
  planSpread,
  refusalOf,
  type LiveProcess,
  type PlanSpread,
  type PlanStanding,
} from './plan/plan-spread.js';
