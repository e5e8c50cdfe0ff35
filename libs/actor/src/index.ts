export type {
  ActorStates,
  ActorStore,
  AppliedCounts,
  BegunTurn,
  CommitPermit,
  CommitResult,
  Generation,
  LogEntry,
  ReadLimits,
  TurnOutcome,
} from './actor-store.js';
export { OvertakenError } from './actor-store.js';
export { Activation } from './activation.js';
export {
  ACTIVATION_LIMITS,
  ActivationCache,
  PartitionActivations,
  type ActivationLimits,
  type PassivationReason,
} from './activation-cache.js';
export type { DeadLetter, DeadLetterCode } from './dead-letter.js';
export { DeadLetters, type DeadLetterQuery, type KeptDeadLetter } from './redis/dead-letters.js';
export { readPartitionStatus, type PartitionStatus } from './redis/partition-status.js';
export { RedisActorStore } from './redis/redis-actor-store.js';
export { placeOf } from './group-progress.js';
export { Sweep, SWEEP_EVERY_MS, type SweepOptions, type SweptEntity, type WakeReason } from './sweep.js';
export { TurnDispatcher } from './turn-dispatcher.js';
export { compileTurnPrograms, type TurnGroup, type TurnProgram } from './turn-program.js';
export type { TurnEnd, TurnLeave } from './turn.js';
export { TURN_LIMITS, type TurnLimits } from './turn-limits.js';
export type { CommittedBatch, TurnObserver, TurnStep } from './turn-observer.js';
export { TurnRunner } from './turn-runner.js';
export { TURN_CONCURRENCY, TURN_LOCK_MS, TurnWorker, type TurnWorkerOptions } from './turn-worker.js';
export { openQueues } from './turn-queue.js';
export { readCatchUp, type CatchUp } from './redis/group-places.js';
export type { MailboxWatch } from './mailbox-watch.js';
export { RedisMailboxWatch } from './redis/redis-mailbox-watch.js';
export { TURNS_AT_WORK } from './work-gate.js';
