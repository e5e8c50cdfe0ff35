import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly deadlineMs: number;
  /** Pause between two looks; default 20 ms. */
  readonly everyMs?: number;
}

/**
 * Looks until `look` gives a value other than `undefined` and `false`, and returns it. A look that throws
 * counts as "not yet". At the deadline the error says what was awaited and what was last seen.
 */
export async function waitFor<T>(
  awaited: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { deadlineMs, everyMs = 20 }: WaitOptions,
): Promise<T> {
  const started = performance.now();
  let seen = 'nothing';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      seen = String(found);
    } catch (error) {
      if (error instanceof GiveUp) throw error;
      seen = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() - started > deadlineMs) {
      throw new Error(`Waited ${deadlineMs} ms in vain for: ${awaited}. Last seen: ${seen}`);
    }
    await delay(everyMs);
  }
}

/** Thrown by a look that knows that waiting longer is pointless. */
export class GiveUp extends Error {}
