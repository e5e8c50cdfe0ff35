import { setTimeout as pause } from 'node:timers/promises';
import { Refusal, Unreachable } from './api-client.js';

const TRIES = 6;
const FIRST_PAUSE_MS = 250;

/** Tries again, after growing pauses, what may pass: no answer, full mailboxes, a store that is away. */
export async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried === TRIES || !mayPass(error)) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (tried - 1));
    }
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof Refusal && (error.status === 429 || error.status === 503));
