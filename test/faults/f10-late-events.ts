import { setTimeout as delay } from 'node:timers/promises';
import { readPartitionStatus } from '@millrace/actor';
import { NaiveGroup } from '../oracle/naive-group.js';
import type { FaultTest } from './fault-test.js';
import { GROUP, type Payment } from './payments.js';
import { PARTITIONS, underLoad } from './under-load.js';

const LATE = 0.2;
const TOO_LATE = 0.02;
const DAY_MS = 86_400_000;

/** F10: events out of order, late by up to a quarter of an hour, and some later than any window. */
export const lateEvents: FaultTest = {
  name: 'F10',
  about: 'shuffled and late events; those later than every window are counted exactly',
  async run(options) {
    const { figures, clean, result, accepted } = await underLoad(
      { ...options, eventsPerSecond: options.eventsPerSecond ?? 500 },
      {
        workers: 2,
        oneByOne: true,
        retime: retimed,
      },
      async ({ world, load }) => {
        await delay(4_000 * (options.rounds ?? 1));
        await load.finish();
        await world.drained();
        const status = await readPartitionStatus(world.redis, world.keys, PARTITIONS);
        return status.reduce((sum, { tooLate }) => sum + tooLate, 0);
      },
    );
    const expected = countTooLate(accepted);
    return {
      figures: `too-late ${result} of ${expected} ${figures}`,
      passed: clean && result === expected && expected > 0,
    };
  },
};

function retimed(payment: Payment, random: () => number): Payment {
  if (random() >= TOO_LATE) return retimedWithinWindows(payment, random);
  return { ...payment, paid_at: payment.paid_at - DAY_MS - Math.floor(random() * DAY_MS) };
}

/** Late by up to a quarter of an hour, one payment in five. */
export function retimedWithinWindows(payment: Payment, random: () => number): Payment {
  if (random() >= LATE) return payment;
  return { ...payment, paid_at: payment.paid_at - Math.floor(random() * 900_000) };
}

/** In the order in which they were accepted, which is the order in which they took effect. */
function countTooLate(accepted: readonly Payment[]): number {
  const accounts = new Map<string, NaiveGroup>();
  let tooLate = 0;
  for (const { account, amount, paid_at } of accepted) {
    let known = accounts.get(account);
    if (!known) accounts.set(account, (known = new NaiveGroup(GROUP)));
    if (known.isTooLate(paid_at)) tooLate++;
    else known.add(paid_at, [amount]);
  }
  return tooLate;
}
