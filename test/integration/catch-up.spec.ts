import { placeOf } from '@millrace/actor';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../kit/index.js';
import { ledgerPlan } from '../simulation/ledger-plan.js';
import type { LedgerWorker } from '../simulation/ledger-runtime.js';
import { TurnBed } from './turn-bed.js';

const PARTITIONS = 4;
const DEADLINE = { deadlineMs: 30_000 };
const ACTORS = Array.from({ length: 20 }, (_, i) => `a${i}`);
const before = ledgerPlan({ partitions: PARTITIONS, versions: [1] });
const after = ledgerPlan({ partitions: PARTITIONS, versions: [1, 2], revision: 2 });

const SWEEP_EVERY_MS = 100;

let bed: TurnBed;
let sent: number;

beforeAll(async () => {
  bed = await TurnBed.open(PARTITIONS);
});

beforeEach(() => {
  bed.fresh();
  sent = 0;
  return () => bed.clear();
});

afterAll(() => bed.close());

/** Sends the next numbers to every actor; each actor's numbers ascend from 0 without a gap. */
async function send(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const n = sent++;
    await Promise.all(ACTORS.map((actor) => bed.send(actor, n)));
  }
}

const start = (plan: typeof before): Promise<LedgerWorker> =>
  bed.start(plan, { sweepEveryMs: SWEEP_EVERY_MS });

async function expectAll(worker: LedgerWorker, version: number): Promise<void> {
  const expected = Array.from({ length: sent }, (_, n) => n);
  await waitFor(
    `every actor's ledger@${version} to hold ${sent} numbers`,
    async () => {
      const ledgers = await Promise.all(
        ACTORS.map((actor) => worker.ledgerOf(bed.homeOf(actor), actor, version)),
      );
      return ledgers.every((ledger) => ledger.length >= sent);
    },
    DEADLINE,
  );
  for (const actor of ACTORS)
    expect(await worker.ledgerOf(bed.homeOf(actor), actor, version)).toEqual(expected);
}

async function placesOf(field: string): Promise<(string | undefined)[]> {
  const texts = await Promise.all(bed.homes.map((home) => bed.redis.hget(bed.keys.meta(home), 'groups')));
  return texts.map((text) => placeOf(text ?? '', field));
}

it('a new version catches up from the log while events come in, and joins without a gap or a repetition', async () => {
  const old = await start(before);
  await send(50);
  await expectAll(old, 1);
  const sending = send(100);
  const current = await start(after);
  await bed.stop(old);
  await sending;
  await send(20);
  await expectAll(current, 1);
  await expectAll(current, 2);
  await waitFor(
    'the new version to be live everywhere',
    async () => (await placesOf('ledger@2')).every((place) => place === 'live'),
    DEADLINE,
  );
  expect([...old.errors, ...current.errors]).toEqual([]);
});

it('workers with the old and with the new plan take turns, and both versions see every event once', async () => {
  const [, current] = await Promise.all([start(before), start(after)]);
  await send(150);
  await expectAll(current, 1);
  await expectAll(current, 2);
});

it('a new version catches up though no event comes any more', async () => {
  const old = await start(before);
  await send(20);
  await expectAll(old, 1);
  await expectAll(await start(after), 2);
});

it('frames that were applied stay for groups to come', async () => {
  const worker = await start(before);
  await send(300);
  await expectAll(worker, 1);
  const lengths = await Promise.all(bed.homes.map((home) => bed.redis.xlen(bed.keys.log(home))));
  // All of it is younger than the retention and smaller than its limit.
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(300 * ACTORS.length);
});

it('a version that leaves the plan and comes back has every event once', async () => {
  const both = await start(after);
  await send(20);
  await expectAll(both, 1);
  const without = await start(ledgerPlan({ partitions: PARTITIONS, versions: [2], revision: 3 }));
  await bed.stop(both);
  await send(20);
  await expectAll(without, 2);
  await bed.stop(without);
  const again = await start(ledgerPlan({ partitions: PARTITIONS, versions: [1, 2], revision: 4 }));
  await send(20);
  await expectAll(again, 1);
  await expectAll(again, 2);
});
