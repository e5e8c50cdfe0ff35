import type { Logger } from '@millrace/telemetry';

/** Kubernetes kills after 30 s; contract.md promises 10. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * What SIGTERM and SIGINT do to a process: no new work, finish or give back what is in hand, exit 0. States: *booting*
 * from construction, when nothing is in hand yet and a signal ends the process at once; *serving* from `serving` on;
 * *draining* from the first signal, for ten seconds at most: then it exits 1, and whatever was accepted is safe in
 * Redis and is taken up by another process.
 */
export class ProcessDrain {
  #serving: { readonly close: () => Promise<void>; readonly logger: Logger } | undefined;
  #draining = false;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#drain(signal));
  }

  /** @param close ends everything; a step of it that Redis or a client does not answer must not hold it up. */
  serving(close: () => Promise<void>, logger: Logger): void {
    this.#serving = { close, logger };
  }

  #drain(signal: string): void {
    if (this.#draining) return;
    this.#draining = true;
    if (!this.#serving) process.exit(0);
    const { close, logger } = this.#serving;
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
  }
}
