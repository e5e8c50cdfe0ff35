import { RedisMailboxWatch, Sweep, TURN_LIMITS, TurnDispatcher, type TurnLimits } from '@millrace/actor';
import { openRedis, type PartitionName, type RedisConnection } from '@millrace/redis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../kit/index.js';
import type { LedgerWorker } from '../simulation/ledger-runtime.js';
import { ledgerPlan } from '../simulation/ledger-plan.js';
import { listening } from './listening.js';
import { TurnBed } from './turn-bed.js';

const PARTITIONS = 8;
const DEADLINE = { deadlineMs: 20_000 };
const plan = ledgerPlan({ partitions: PARTITIONS });

const LINGERER = 'lingerer';

let bed: TurnBed;

beforeAll(async () => {
  bed = await TurnBed.open(PARTITIONS);
});

beforeEach(() => {
  bed.fresh();
  return () => bed.clear();
});

afterAll(() => bed.close());

it('takes the mail that comes while it lingers, until it may wait no longer', async () => {
  await lingering(async ({ worker, watch }) => {
    const { partition } = await bed.append('x', 1);
    expect((await bed.worker(plan).runner.run(partition)).kind).toBe('drained');
    let ended = false;
    // It begins without mail, shortly after there was some.
    const end = worker.runner.run(partition).then((how) => ((ended = true), how));
    await waitFor('the turn to begin', () => isAwake(partition), DEADLINE);
    for (const n of [2, 3]) {
      expect((await bed.append('x', n)).wake).toBe(false);
      await waitForLedger(worker, 'x', n);
    }
    expect(ended).toBe(false);
    watch.close();
    expect((await end).kind).toBe('drained');
    expect((await bed.append('x', 4)).wake).toBe(true);
  });
});

it('yields at the end of its hold as long as there was mail lately, and lets its partition sleep after that', async () => {
  const limits = { ...TURN_LIMITS, lingerMs: 2_000, holdMs: 100 };
  await lingering(async ({ worker }) => {
    const { partition } = await bed.append('x', 1);
    const ends: string[] = [];
    const leave = { mayGoOn: () => true, mayLinger: () => true, mayStay: () => false };
    await waitFor(
      'the partition to fall asleep',
      async () => {
        ends.push((await worker.runner.run(partition, leave)).kind);
        return ends.at(-1) === 'drained';
      },
      DEADLINE,
    );
    expect(ends.length).toBeGreaterThan(1);
    expect(new Set(ends.slice(0, -1))).toEqual(new Set(['yielded']));
    expect(await isAwake(partition)).toBeUndefined();
  }, limits);
});

it('yields when it must not go on, so that its partition goes on elsewhere at once', async () => {
  await lingering(async ({ worker, watch }) => {
    const { partition } = await bed.append('x', 1);
    let mayGoOn = true;
    const end = worker.runner.run(partition, {
      mayGoOn: () => mayGoOn,
      mayLinger: () => true,
      mayStay: () => true,
    });
    await waitForLedger(worker, 'x', 1);
    mayGoOn = false;
    watch.releaseAll();
    expect((await end).kind).toBe('yielded');
  });
});

it('goes on beyond its hold while nobody wants its partition, and ends when somebody does', async () => {
  const limits = { ...TURN_LIMITS, lingerMs: 60_000, holdMs: 60_000 };
  let elapsedMs = 0;
  await lingering(
    async ({ worker }) => {
      const { partition } = await bed.append('x', 1);
      let mayStay = true;
      let ended = false;
      const end = worker.runner
        .run(partition, { mayGoOn: () => true, mayLinger: () => true, mayStay: () => mayStay })
        .then((how) => ((ended = true), how));
      await waitForLedger(worker, 'x', 1);
      elapsedMs = limits.holdMs + 1;
      await bed.append('x', 2);
      await waitForLedger(worker, 'x', 2);
      await bed.append('x', 3);
      await waitForLedger(worker, 'x', 3);
      expect(ended).toBe(false);
      mayStay = false;
      await bed.append('x', 4);
      expect((await end).kind).toBe('yielded');
    },
    limits,
    () => elapsedMs,
  );
});

it('keeps the activations of the turn before where it begins without mail', async () => {
  await lingering(async ({ worker, watch }) => {
    const { partition } = await bed.append('x', 1);
    await worker.runner.run(partition, { mayGoOn: () => true, mayLinger: () => false, mayStay: () => true });
    // Whoever loads the state again finds this one.
    await bed.redis.hset(bed.keys.actor(partition, 'x'), 'ledger@1', '[9]');
    const end = worker.runner.run(partition);
    await waitFor('the turn to begin', () => isAwake(partition), DEADLINE);
    await bed.append('x', 2);
    await waitForLedger(worker, 'x', 2);
    expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
    watch.close();
    await end;
  });
});

it('learns by the sweep of mail that it was not told of', async () => {
  await lingering(async ({ worker, watch, queueRedis }) => {
    const { partition } = await bed.append('x', 1);
    const end = worker.runner.run(partition);
    await waitForLedger(worker, 'x', 1);
    const meta = bed.keys.meta(partition);
    await bed.redis.hset(meta, 'worker', 'somebody-else');
    await bed.append('x', 2);
    await bed.redis.hset(meta, 'worker', LINGERER, 'awake', 1);
    let fields: string[] = [];
    const woken: unknown[] = [];
    const dispatcher = new TurnDispatcher(queueRedis, bed.keys);
    const sweep = new Sweep({
      connection: queueRedis,
      keys: bed.keys,
      dispatcher,
      entities: () => [{ name: 'actor', partitions: PARTITIONS, fields }],
      tidy: async () => {},
      onError: () => {},
      onWoken: (...what) => void woken.push(what),
    });
    await sweep.sweep();
    await waitForLedger(worker, 'x', 2);
    expect(woken).toEqual([[[partition], 'mail']]);
    // A group that came with a plan is none of the lost wake-ups.
    fields = ['new@1'];
    await bed.redis.hset(meta, 'awake', 1);
    await sweep.sweep();
    expect(woken[1]).toEqual([bed.homes, 'catch-up']);
    await Promise.all([sweep.close(), dispatcher.close()]);
    watch.close();
    await end;
  });
});

interface Lingering {
  readonly worker: LedgerWorker;
  readonly watch: RedisMailboxWatch;
  readonly queueRedis: RedisConnection;
}

/** A worker whose turns wait for mail longer than the test takes. */
async function lingering(
  test: (lingering: Lingering) => Promise<void>,
  limits: TurnLimits = { ...TURN_LIMITS, lingerMs: 60_000, holdMs: 60_000 },
  elapsedMs: () => number = () => performance.now(),
): Promise<void> {
  const [subscriber, queueRedis] = ['test-mail', 'test-queue'].map((name) =>
    openRedis({ url: bed.url, role: 'queue', name }),
  ) as [RedisConnection, RedisConnection];
  const watch = new RedisMailboxWatch(subscriber, bed.keys, LINGERER);
  await listening(watch, bed.redis);
  await test({ worker: bed.worker(plan, { limits, elapsedMs, watch, name: LINGERER }), watch, queueRedis });
  watch.close();
  subscriber.disconnect();
  queueRedis.disconnect();
}

async function isAwake(partition: PartitionName): Promise<true | undefined> {
  return (await bed.redis.hexists(bed.keys.meta(partition), 'awake')) === 1 || undefined;
}

async function waitForLedger(worker: LedgerWorker, actor: string, events: number): Promise<void> {
  await waitFor(
    `${events} events of ${actor}`,
    async () => (await worker.ledgerOf(bed.homeOf(actor), actor)).length === events,
    DEADLINE,
  );
}
