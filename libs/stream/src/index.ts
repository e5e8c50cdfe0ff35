export { LOG_START, compareEntryIds, isEntryId, type EntryId } from './entry-id.js';
export {
  EVENT_LOG_LIMITS,
  EventLog,
  type AppendOutcome,
  type AppendResult,
  type EventLogLimits,
  type FrameAppend,
} from './event-log.js';
export { decodePosition, encodePosition, laterEntry, type Position } from './position.js';
export { unavailable } from './unavailable.js';
