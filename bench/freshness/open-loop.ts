import { setTimeout as sleep } from 'node:timers/promises';

/** A hundred requests a second at any rate of events: what changes with the rate is how many each carries. */
const REQUESTS_PER_SECOND = 100;

/**
 * Calls `send` at fixed instants, whatever became of the calls before: a slow answer delays no later request,
 * and what is late by the client's own fault counts from the instant at which it should have been sent.
 */
export async function openLoop(
  seconds: number,
  eventsPerSecond: number,
  send: (events: number, intendedMs: number, request: number) => Promise<void>,
): Promise<void> {
  const events = Math.round(eventsPerSecond / REQUESTS_PER_SECOND);
  const requests = seconds * REQUESTS_PER_SECOND;
  const startedMs = performance.now() + 100;
  const underWay: Promise<void>[] = [];
  for (let request = 0; request < requests; request++) {
    const intendedMs = startedMs + (request * 1_000) / REQUESTS_PER_SECOND;
    const waitMs = intendedMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    underWay.push(send(events, intendedMs, request));
  }
  await Promise.all(underWay);
}
