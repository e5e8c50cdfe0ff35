import { EnvironmentError } from '@millrace/core';
import { ProcessDrain } from './drain.js';

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

/**
 * Boots an app in this process. What stops it is told on stderr: a wrong environment ends the process with 78,
 * anything else, with its stack trace, with 1.
 * @param boot hands what is to be closed on SIGTERM to the drain
 */
export async function bootProcess(name: string, boot: (drain: ProcessDrain) => Promise<void>): Promise<void> {
  try {
    await boot(new ProcessDrain());
  } catch (error) {
    if (error instanceof EnvironmentError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_CONFIG);
    }
    process.stderr.write(`${name} did not start: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}
