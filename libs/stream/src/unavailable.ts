import { MillraceError } from '@millrace/core';

/** What a failed Redis command means to a caller of ours: refused or unanswered, to be tried again. */
export function unavailable(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('REDIS_UNAVAILABLE', `Redis did not confirm the operation: ${reason}`);
}
