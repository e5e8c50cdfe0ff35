import type { Logger } from './logger.js';

const SAME_AGAIN_AFTER_MS = 10_000;
/** Messages that differ by a number in them must not fill the memory. */
const MESSAGES_MAX = 100;

/**
 * Warns of faults that come with every attempt while a store is away, several times a second: of each message at most
 * every ten seconds, with how often it came since (`times`).
 */
export function recurringWarning(
  logger: Pick<Logger, 'warn'>,
  what: string,
  nowMs: () => number = () => performance.now(),
): (error: unknown) => void {
  const told = new Map<string, { readonly atMs: number; times: number }>();
  return (error) => {
    const atMs = nowMs();
    const message = error instanceof Error ? error.message : String(error);
    const before = told.get(message);
    if (before && atMs - before.atMs < SAME_AGAIN_AFTER_MS) {
      before.times++;
      return;
    }
    if (told.size >= MESSAGES_MAX) told.clear();
    told.set(message, { atMs, times: 1 });
    logger.warn({ err: error, ...(before && { times: before.times }) }, what);
  };
}
