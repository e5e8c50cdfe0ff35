import { MillraceError } from '@millrace/core';

/** By then a connection that was lost has been tried again, several times. */
const RETRY_AFTER_MS = 1_000;

/** What a failed Redis command means to a caller of ours: refused or unanswered, to be tried again. */
export function unavailable(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const reason = reasonOf(cause);
  const message = `Redis did not confirm the operation: ${reason}`;
  return new MillraceError('REDIS_UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // What ioredis says of a command that it does not send again speaks of an option of ours.
  return cause.name === 'MaxRetriesPerRequestError' ? 'the connection broke before the reply' : cause.message;
}
