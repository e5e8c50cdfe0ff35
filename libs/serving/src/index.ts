export { ServingPlan, type CompiledSelection, type Noted } from './serving-plan.js';
export { readFeaturesRequest, type FeaturesRequest, type RequestLimits } from './features-request.js';
export { RedisHashReads } from './redis/redis-hash-reads.js';
export type { HashContents, HashRead, HashReads } from './hash-reads.js';
export { FeatureReader, type VectorRequest } from './feature-reader.js';
export type { FeatureVectors } from './feature-vectors.js';
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
export { ServedUsage, type ServiceTotals } from './usage/served-usage.js';
export { UsageFlush } from './usage/usage-flush.js';
export type { FeatureUsage, UsageStore } from './usage/usage-store.js';
export { ServedSamples, type SampleLog, type ServedSample } from './usage/served-samples.js';
export { RedisUsageStore } from './redis/redis-usage-store.js';
export { RedisSampleLog } from './redis/redis-sample-log.js';
