import { expect, it } from 'vitest';
import type { FaultTest } from '../faults/fault-test.js';
import { killWorkers } from '../faults/f01-kill-workers.js';
import { pauseWorkers } from '../faults/f03-pause-workers.js';
import { dropReplies } from '../faults/f08-drop-replies.js';
import { fullMailboxes } from '../faults/f14-full-mailboxes.js';
import { postgresAwayFor } from '../faults/f24-postgres-away.js';

/** A small round of the fault tests that cover most; `npm run faults -- all` runs every one in full. */
const SMALL: readonly (readonly [test: FaultTest, rounds: number])[] = [
  [killWorkers, 2],
  [pauseWorkers, 1],
  [dropReplies, 1],
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
