/**
 * Why a command failed, for a person. What ioredis says of a command that it does not send, or does not send again, speaks of
 * its options.
 */
export function commandFault(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'MaxRetriesPerRequestError') return 'the connection broke before the reply';
  if (cause.message.startsWith("Stream isn't writeable")) return 'there is no connection to Redis';
  return cause.message === 'Command timed out' ? 'Redis did not reply in time' : cause.message;
}
