export { ACCESS_VARIABLES, accessConfigOf, type AccessConfig } from './access-variables.js';
export { OPEN_RULES, openAccess, type AccessOptions } from './open-access.js';
export {
  callerOf,
  mountAccess,
  type AccessKeys,
  type AccessRule,
  type AccessRules,
  type AccessSettings,
  type KnownAccess,
} from './access.js';
export { problemOf, PROBLEM_CONTENT_TYPE, retryAfterSeconds, type Problem } from './problem.js';
export {
  problemAnswer,
  ProblemFilter,
  sendError,
  sendProblem,
  type ErrorAnswer,
  type FailedRequest,
} from './problem-filter.js';
export { mountOperations, type Operations, type ReadinessCheck } from './operations.js';
export { CONNECTIONS_CHECK_EVERY_MS, createHttpAdapter } from './server.js';
export { createHttpApp, startListening, type HttpApp } from './http-app.js';
export { ClosingConnections } from './closing-connections.js';
export {
  DoorAnswers,
  JSON_TYPE,
  type DoorReply,
  type DoorRoute,
  type DoorRoutes,
} from './door/door-answers.js';
export { mountConnectionDoor } from './door/mount-door.js';
export { bootProcess } from './boot.js';
export type { ProcessDrain } from './drain.js';
export {
  createPlanHintClient,
  createPlanHintController,
  planHintChannel,
  planHintTransport,
  type PlanHintClient,
  type PlanLookout,
} from './plan-hint.js';
export { completeApiDocument, mountApiDocument, type RoutesBesideNest } from './api-document.js';
