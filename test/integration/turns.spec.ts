import {
  ACTIVATION_LIMITS,
  ActivationCache,
  readPartitionStatus,
  RedisActorStore,
  TURN_LIMITS,
  TURN_LOCK_MS,
  TURNS_AT_WORK,
  type TurnObserver,
} from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../kit/index.js';
import { ledgerFrame, ledgerPlan } from '../simulation/ledger-plan.js';
import { TurnBed } from './turn-bed.js';

const PARTITIONS = 8;
const DEADLINE = { deadlineMs: 20_000 };
const plan = ledgerPlan({ partitions: PARTITIONS });

let bed: TurnBed;

beforeAll(async () => {
  bed = await TurnBed.open(PARTITIONS);
});

beforeEach(() => {
  bed.fresh();
  return () => bed.clear();
});

afterAll(() => bed.close());

it('applies every event of every actor once and in order, on two workers', async () => {
  const workers = await Promise.all([bed.start(plan), bed.start(plan)]);
  const actors = Array.from({ length: 40 }, (_, i) => `a${i}`);
  for (let n = 0; n < 100; n++) {
    await Promise.all(actors.map((actor) => bed.send(actor, 2 * n, 2 * n + 1)));
  }
  const expected = Array.from({ length: 200 }, (_, i) => i);
  for (const actor of actors) {
    await waitFor(
      `the ledger of ${actor}`,
      async () => {
        const ledger = await workers[0].ledgerOf(bed.homeOf(actor), actor);
        return ledger.length >= 200;
      },
      DEADLINE,
    );
    expect(await workers[0].ledgerOf(bed.homeOf(actor), actor)).toEqual(expected);
  }
  expect(workers.flatMap((worker) => worker.errors)).toEqual([]);
});

it('finds a partition whose wake-up was lost by the sweep', async () => {
  const worker = await bed.start(plan, { sweepEveryMs: 200 });
  const { partition } = await bed.append('lost', 1, 2, 3);
  await waitFor(
    'the sweep to wake the partition',
    async () => {
      return (await worker.ledgerOf(partition, 'lost')).length === 3;
    },
    DEADLINE,
  );
});

it('sweeps on after a failover lost the queue of the sweep', async () => {
  const worker = await bed.start(plan, { sweepEveryMs: 100 });
  const keysOfQueue = `${bed.keys.queuePrefix('sweep')}*`;
  await waitFor('a sweep', async () => (await bed.redis.keys(keysOfQueue)).length > 0, DEADLINE);
  await bed.redis.del(await bed.redis.keys(keysOfQueue));
  const { partition } = await bed.append('lost', 1);
  await waitFor(
    'the sweep to wake the partition',
    async () => (await worker.ledgerOf(partition, 'lost')).length === 1,
    DEADLINE,
  );
});

it('refuses the commit of a turn that was overtaken, and applies its events once', async () => {
  let overtake: Promise<unknown> | undefined;
  const other = bed.worker(plan);
  const refused: string[] = [];
  const { partition } = await bed.append('x', 1, 2);
  const slow = bed.worker(plan, {
    observer: {
      step: (step) => {
        if (step === 'begun') overtake ??= other.runner.run(partition);
      },
      refused: (_, why) => void refused.push(why),
    },
  });
  const end = await slow.runner.run(partition);
  await overtake;
  expect([end.kind, refused]).toEqual(['superseded', ['stale-generation']]);
  expect((await other.runner.run(partition)).kind).toBe('drained');
  expect(await other.ledgerOf(partition, 'x')).toEqual([1, 2]);
});

it('does not use cached states after another worker committed in between', async () => {
  const [first, second] = [bed.worker(plan), bed.worker(plan)];
  const { partition } = await bed.append('x', 1);
  await first.runner.run(partition);
  await bed.append('x', 2);
  await second.runner.run(partition);
  await bed.append('x', 3);
  await first.runner.run(partition);
  expect(await first.ledgerOf(partition, 'x')).toEqual([1, 2, 3]);
});

it('does not use cached states after Redis lost the last commits of their turn', async () => {
  const limits = { ...TURN_LIMITS, batch: { events: 1, bytes: 1 } };
  const worker = bed.worker(plan, { limits });
  const { partition } = await bed.append('x', 1);
  const [first] = await bed.redis.xrange(bed.keys.log(partition), '-', '+');
  await bed.append('x', 2);
  await worker.runner.run(partition);
  // What a failover or a truncated append-only file leaves: the first commit of the turn and not the second.
  await bed.redis.hset(bed.keys.meta(partition), 'offset', first?.[0] ?? '');
  await bed.redis.hset(bed.keys.actor(partition, 'x'), 'ledger@1', '[1]');
  await worker.runner.run(partition);
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
});

it('gives time to the third turn that begins with the same mail, and not to the second', async () => {
  const { partition } = await bed.append('x', 1);
  const store = new RedisActorStore(bed.redis, bed.keys);
  const locksMs: Promise<number>[] = [];
  const observer: TurnObserver = {
    step: (step) => {
      if (step === 'loaded') locksMs.push(lockMs());
    },
  };
  // One turn that took too long, then this worker's.
  await store.begin(partition, 'slow', TURN_LIMITS.batch);
  const worker = await bed.start(plan, { observer });
  await bed.wake(partition);
  await waitFor('event 1', async () => (await worker.ledgerOf(partition, 'x')).length === 1, DEADLINE);
  await bed.append('x', 2);
  await store.begin(partition, 'slow', TURN_LIMITS.batch);
  await store.begin(partition, 'slow', TURN_LIMITS.batch);
  await bed.wake(partition);
  await waitFor('event 2', async () => (await worker.ledgerOf(partition, 'x')).length === 2, DEADLINE);
  const [second = 0, third = 0] = await Promise.all(locksMs);
  expect(second).toBeLessThanOrEqual(TURN_LOCK_MS);
  expect(third).toBeGreaterThan(10 * TURN_LOCK_MS);
});

/** Of the one turn in hand. */
async function lockMs(): Promise<number> {
  const [lock = ''] = await bed.redis.keys(`${bed.keys.queuePrefix('turns')}:turns:*:lock`);
  return bed.redis.pttl(lock);
}

it('counts events that were older than the horizon of de-duplication when they came', async () => {
  const partition = bed.homeOf('x');
  const [recent, old] = [Date.now(), Date.now() - TURN_LIMITS.dedupHorizonMs - 60_000];
  for (const [frame, events] of [
    [ledgerFrame([['x', 1]], recent), 1],
    [
      ledgerFrame(
        [
          ['x', 2],
          ['x', 3],
        ],
        old,
      ),
      2,
    ],
  ] as const) {
    await bed.log.append({ partition, frame, events, newestEventTime: recent });
  }
  await bed.worker(plan).runner.run(partition);
  const [status] = await readPartitionStatus(bed.redis, bed.keys, [partition]);
  expect(status).toMatchObject({ beyondHorizon: 2, applied: { events: 3 } });
});

it('yields after its budget and leaves the rest in the mailbox', async () => {
  const limits = { ...TURN_LIMITS, batch: { events: 1, bytes: 1 }, budgetMs: 0 };
  const worker = bed.worker(plan, { limits });
  const { partition } = await bed.append('x', 1);
  await bed.append('x', 2);
  expect((await worker.runner.run(partition)).kind).toBe('yielded');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1]);
  expect((await worker.runner.run(partition)).kind).toBe('drained');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
});

it('lets others in while its mail is light, however much of it there is', async () => {
  const frames = 50;
  const limits = { ...TURN_LIMITS, batch: { events: 1, bytes: 1 }, budgetMs: 60_000, holdMs: 60_000 };
  const left = new Map(bed.homes.map((partition) => [partition, 0]));
  const leftOfOthers: number[] = [];
  const worker = bed.worker(plan, {
    limits,
    observer: {
      committed: (partition) => {
        left.set(partition, (left.get(partition) ?? 0) - 1);
        if (left.get(partition) === 0) leftOfOthers.push(Math.max(...left.values()));
      },
    },
  });
  const busy = new Map<PartitionName, string>();
  for (let i = 0; busy.size < TURNS_AT_WORK + 1; i++) busy.set(bed.homeOf(`x${i}`), `x${i}`);
  const actors = [...busy.values()];
  const last = actors.pop() as string;
  for (let n = 0; n < frames; n++) await Promise.all(actors.map((actor) => bed.append(actor, n)));
  await bed.append(last, 0);
  for (const partition of busy.keys()) left.set(partition, partition === bed.homeOf(last) ? 1 : frames);
  await Promise.all([...busy.keys()].map((partition) => worker.runner.run(partition)));
  // The last one, which has but one frame, ended long before those that came first.
  expect(leftOfOthers[0]).toBeGreaterThan(frames / 2);
});

it('forgets activations over the limits also while it always finds more mail', async () => {
  let forgotten = 0;
  const forgottenAtCommits: number[] = [];
  const worker = bed.worker(plan, {
    limits: { ...TURN_LIMITS, batch: { events: 1, bytes: 1 } },
    cache: new ActivationCache({ ...ACTIVATION_LIMITS, count: 1 }, (_, count) => (forgotten += count)),
    observer: { committed: () => void forgottenAtCommits.push(forgotten) },
  });
  const actors = Array.from({ length: 100 }, (_, i) => `x${i}`);
  const some = actors.filter((actor) => bed.homeOf(actor) === bed.homeOf('x0')).slice(0, 3);
  for (const actor of some) await bed.append(actor, 1);
  expect((await worker.runner.run(bed.homeOf('x0'))).kind).toBe('drained');
  expect(forgottenAtCommits).toEqual([0, 0, 2]);
});

it('puts an event that the group refuses into the dead letters, and applies its neighbours', async () => {
  const worker = bed.worker(plan, { refuses: 0 });
  const { partition } = await bed.append('x', 1, -7, 2);
  await worker.runner.run(partition);
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
  const [letter] = await bed.redis.xrange(bed.keys.dead(partition), '-', '+');
  expect(letter?.[1]).toEqual(expect.arrayContaining(['APPLY_FAILED', '-7 is below 0', 'ledger@1', 'x']));
});

it('quarantines a corrupt state: its bytes stay, its events are dead letters, other actors go on', async () => {
  const worker = bed.worker(plan);
  const partition = bed.homeOf('x');
  await bed.redis.hset(bed.keys.actor(partition, 'x'), 'ledger@1', 'not a ledger');
  await bed.append('x', 1);
  await bed.log.append({ partition, frame: ledgerFrame([['y', 5]]), events: 1, newestEventTime: 0 });
  await worker.runner.run(partition);
  expect(await bed.redis.hget(bed.keys.actor(partition, 'x'), 'ledger@1')).toBe('not a ledger');
  expect(await worker.ledgerOf(partition, 'y')).toEqual([5]);
  expect(await bed.redis.xlen(bed.keys.dead(partition))).toBe(1);
});

it('puts a damaged frame into the dead letters and goes on', async () => {
  const worker = bed.worker(plan);
  const { partition } = await bed.append('x', 1);
  await bed.log.append({ partition, frame: Buffer.from('M\x01 no frame'), events: 1, newestEventTime: 0 });
  await bed.append('x', 2);
  expect((await worker.runner.run(partition)).kind).toBe('drained');
  expect(await worker.ledgerOf(partition, 'x')).toEqual([1, 2]);
  expect(await bed.redis.xlen(bed.keys.dead(partition))).toBe(1);
});
