export { AccessKeyStore, type AccessKeyDocument } from './access-key-store.js';
export { AccessKeyWatcher } from './access-key-watcher.js';
export { commandFault } from './command-fault.js';
export {
  closeRedis,
  connected,
  isClusterUrl,
  openRedis,
  type ConnectionRole,
  type ConnectionSettings,
  type RedisConnection,
} from './connection.js';
export type { HashFields, HashFieldsRead, HashValues } from './hash-fields.js';
export { openHashFields } from './open-hash-fields.js';
export { StoredFields } from './stored-fields.js';
export { Keys, stateField } from './keys.js';
export { parsePartitionName, partitionName, partitionsOf, type PartitionName } from './partition-name.js';
export { PlanStore } from './plan-store.js';
export { PlanWatcher, type CompiledPlan, type PlanWatcherOptions } from './plan-watcher.js';
export { newProcessId, ProcessRegister } from './process-register.js';
export { writeRefusal } from './write-readiness.js';
export { RedisScript, type ScriptArgument, type ScriptReply } from './script.js';
