import { setImmediate as nextTurnOfTheEventLoop } from 'node:timers/promises';

/** Undoes what was started so far, last first. */
export type Undo = () => Promise<void>;

/**
 * Becomes the main part of a process that starts things: runs `work` until it is done or the user asks to
 * stop, then undoes what `work` has registered, and exits. `work` returns the exit code; being stopped before
 * that is exit code 130, as shells have it.
 *
 * From here on Ctrl-C does not end the process by itself; a second one does, for whoever cannot wait: the
 * guard then cleans up.
 */
export async function supervise(
  work: (undo: (step: Undo) => void, untilStopped: Promise<NodeJS.Signals>) => Promise<number>,
): Promise<never> {
  const steps: Undo[] = [];
  const untilStopped = stopRequest();
  let exitCode: number;
  try {
    const running = work((step) => steps.push(step), untilStopped);
    exitCode = await Promise.race([running, untilStopped.then(() => orInterrupted(running))]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    exitCode = 1;
  }
  for (const step of steps.toReversed()) {
    await step().catch((error: unknown) => console.error(error));
  }
  // Work that was interrupted may still have requests in the air.
  process.exit(exitCode);
}

const INTERRUPTED = 130;

/** Work that was only waiting for the stop ends by itself at once; any other was interrupted. */
async function orInterrupted(running: Promise<number>): Promise<number> {
  await nextTurnOfTheEventLoop();
  return Promise.race([running, Promise.resolve(INTERRUPTED)]);
}

function stopRequest(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}
