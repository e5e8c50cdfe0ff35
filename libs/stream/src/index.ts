export { LOG_START, compareEntryIds, isEntryId, type EntryId } from './entry-id.js';
export {
  EVENT_LOG_LIMITS,
  EventLog,
  type AppendOutcome,
  type AppendResult,
  type EventLogLimits,
  type FrameAppend,
  type MailboxLimits,
} from './event-log.js';
export { MAILBOX_VARIABLES, mailboxLimitsOf } from './mailbox-variables.js';
export { decodePosition, encodePosition, laterEntry, type Position } from './position.js';
export { countSeenIds } from './seen-generations.js';
export { unavailable } from './unavailable.js';
