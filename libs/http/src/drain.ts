import type { Logger } from '@millrace/telemetry';

/** Kubernetes kills after 30 s; contract.md promises 10. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * On SIGTERM or SIGINT: no new work, finish or give back what is in hand, exit 0. A drain that takes longer than
 * ten seconds exits 1: everything accepted is safe in Redis and is taken up by another process.
 */
export function drainOnSignal(close: () => Promise<void>, logger: Logger): void {
  let draining = false;
  const drain = (signal: string) => {
    if (draining) return;
    draining = true;
    logger.info({ signal }, 'draining');
    const timeout = setTimeout(() => {
      logger.error(`not drained within ${DRAIN_TIMEOUT_MS} ms`);
      process.exit(1);
    }, DRAIN_TIMEOUT_MS);
    close().then(
      () => {
        clearTimeout(timeout);
        logger.info('drained');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'drain failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
}
