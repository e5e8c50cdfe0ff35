import { MillraceError } from '@millrace/core';
import { commandFault } from '@millrace/redis';

/** By then a connection that was lost has been tried again, several times. */
const RETRY_AFTER_MS = 1_000;

/** What a failed Redis command means to a caller of ours: refused or unanswered, to be tried again. */
export function unavailable(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const message = `Redis did not confirm the operation: ${commandFault(cause)}`;
  return new MillraceError('REDIS_UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS });
}
