export { ServingPlan, type CompiledSelection } from './serving-plan.js';
export { readFeaturesRequest, type FeaturesRequest, type RequestLimits } from './features-request.js';
export { RedisHashReads } from './redis/redis-hash-reads.js';
export type { HashContents, HashRead, HashReads } from './hash-reads.js';
export { FeatureReader, type VectorRequest } from './feature-reader.js';
export type { FeatureVectors, GroupFault } from './feature-vectors.js';
export { STATUS, STATUS_NAMES, type Status } from './status.js';
export { readPosition, waitUntilApplied, type CommittedOffsets } from './applied-position.js';
export { RedisCommittedOffsets } from './redis/redis-committed-offsets.js';
export { exactJson } from './wire/exact-json.js';
export {
  groupsOfSource,
  readPush,
  versionsOfGroup,
  type PushColumns,
  type PushedGroupRow,
  type PushLimits,
} from './pushed/read-push.js';
export { keepMs, type RowStore } from './pushed/row-store.js';
export { RedisRowStore } from './redis/redis-row-store.js';
export { feastErrorBody, feastErrorOf, type FeastErrorAnswer } from './feast/feast-error.js';
export { parseFeastInstant } from './feast/feast-instant.js';
export { readFeastRequest, type FeastReadRequest } from './feast/feast-request.js';
export { readFeastPush, readFeastWrite } from './feast/feast-push.js';
export { ReadGate } from './read-gate.js';
