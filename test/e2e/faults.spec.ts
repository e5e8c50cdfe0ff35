import { expect, it } from 'vitest';
import { everyFault } from '../faults/every-fault.js';
import type { FaultTest } from '../faults/fault-test.js';
import { pauseWorkers } from '../faults/f03-pause-workers.js';
import { fullMailboxes } from '../faults/f14-full-mailboxes.js';
import { postgresAwayFor } from '../faults/f24-postgres-away.js';

/** A small round of those that need a world of their own (the others share one, below); `npm run faults -- all` runs every one in full. */
const SMALL: readonly (readonly [test: FaultTest, rounds: number])[] = [
  [pauseWorkers, 1],
  [fullMailboxes, 10],
  [postgresAwayFor(3_000), 1],
];

it.each(SMALL.map(([test, rounds]) => [test.name, test.about, test, rounds] as const))(
  '%s: %s',
  async (_name, _about, test, rounds) => {
    const outcome = await test.run({ seed: 1, rounds, eventsPerSecond: 1_000, say: () => {} });
    expect(outcome.figures).toContain('lost 0 dup 0 wrong 0');
    expect(outcome).toMatchObject({ passed: true });
  },
);

it('a small round of F1, F2, F4, F7 to F13, F15, F16 and F23: nothing is lost, doubled, wrong or hung', async () => {
  const { figures, accepted, poison, future, ill } = await everyFault();
  expect(figures).toBe('lost 0 dup 0 wrong 0');
  expect(accepted).toBeGreaterThan(0);
  expect(poison.sent).toBeGreaterThan(0);
  expect(poison.deadLettered).toBe(poison.sent);
  expect(future.rejected).toBe(future.sent);
  expect(ill).toBe(0);
});
