import { DeadLetters, readPartitionStatus, RedisActorStore, type DeadLetter } from '@millrace/actor';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../kit/index.js';
import { ledgerFrame, ledgerPlan } from '../simulation/ledger-plan.js';
import { LedgerWorker } from '../simulation/ledger-runtime.js';

const plan = ledgerPlan({ partitions: 4 });
const partition: PartitionName = 'actor.0';
const partitions: PartitionName[] = ['actor.0', 'actor.1', 'actor.2', 'actor.3'];

let server: TestRedis;
let redis: RedisConnection;
let keys: Keys;
let letters: DeadLetters;
let woken: PartitionName[];
let runs = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = openRedis({ url: server.url, role: 'request', name: 'test' });
  await connected(redis);
});

beforeEach(async () => {
  keys = new Keys(`run${runs++}:`);
  woken = [];
  letters = new DeadLetters(redis, keys, async (those) => void woken.push(...those));
});

afterAll(async () => {
  await closeRedis(redis);
  await server.stop();
});

/** A worker that refuses negative numbers, after it met some. */
async function refusing(...numbers: number[]): Promise<void> {
  const log = new EventLog(redis, keys);
  const frame = ledgerFrame(numbers.map((n) => ['x', n] as const));
  await log.append({ partition, frame, events: numbers.length, newestEventTime: 0 });
  await new LedgerWorker(redis, keys, plan, { refuses: 0 }).runner.run(partition);
}

it('lists what could not be applied, with the event and the reason', async () => {
  await refusing(1, -2, 3);
  const [letter, ...more] = await letters.list({ partitions, limit: 10 });
  expect(more).toEqual([]);
  expect(letter).toMatchObject({
    partition,
    code: 'APPLY_FAILED',
    message: '-2 is below 0',
    group: 'ledger@1',
    entityId: 'x',
    source: 'numbers',
    event: { actor: 'x', n: -2 },
  });
  expect(await letters.inspect(letter?.id ?? '')).toEqual(letter);
});

it('pages through them', async () => {
  await refusing(-1, -2, -3);
  const first = await letters.list({ partitions, limit: 2 });
  const rest = await letters.list({ partitions, limit: 2, after: first[1]?.id ?? '' });
  expect([...first, ...rest].map(({ event }) => event?.['n'])).toEqual([-1, -2, -3]);
});

it('replays none into a full mailbox, and keeps the letter', async () => {
  await refusing(-1, -2);
  const [one, other] = await letters.list({ partitions, limit: 2 });
  const limited = new DeadLetters(redis, keys, async () => {}, { mailboxFrames: 1, mailboxBytes: 1_000_000 });
  expect(await limited.replay(one?.id ?? '')).toBe(true);
  await expect(limited.replay(other?.id ?? '')).rejects.toMatchObject({
    code: 'MAILBOX_FULL',
    details: { partition, retryAfterMs: 1_000 },
  });
  expect(await letters.list({ partitions, limit: 2 })).toEqual([other]);
  expect((await readPartitionStatus(redis, keys, [partition]))[0]?.mailbox.frames).toBe(1);
});

it('replays one to the group that refused it, once', async () => {
  await refusing(1, -2);
  const [letter] = await letters.list({ partitions, limit: 1 });
  expect(await letters.replay(letter?.id ?? '')).toBe(true);
  expect(await letters.replay(letter?.id ?? '')).toBe(false);
  expect(woken).toEqual([partition]);
  const repaired = new LedgerWorker(redis, keys, plan);
  await repaired.runner.run(partition);
  expect(await repaired.ledgerOf(partition, 'x')).toEqual([1, -2]);
  expect(await letters.list({ partitions, limit: 1 })).toEqual([]);
});

it('drops one for good', async () => {
  await refusing(-2);
  const [letter] = await letters.list({ partitions, limit: 1 });
  expect(await letters.drop(letter?.id ?? '')).toBe(true);
  expect(await letters.drop(letter?.id ?? '')).toBe(false);
  expect(await letters.inspect(letter?.id ?? '')).toBeUndefined();
});

/** What is kept of dead letters, as metrics and `/v1/partitions` show it. */
async function kept(): Promise<{ kept: number; bytes: number; dropped: number } | undefined> {
  const [status] = await readPartitionStatus(redis, keys, [partition]);
  return status?.deadLetters;
}

it('counts the bytes of what is kept, and counts them off what is replayed or dropped', async () => {
  await refusing(-1, -2);
  const [first, second] = await letters.list({ partitions, limit: 2 });
  const both = (await kept())?.bytes ?? 0;
  await letters.replay(first?.id ?? '');
  const one = (await kept())?.bytes ?? 0;
  // The two differ in nothing that has a length.
  expect([both, one]).toEqual([2 * one, expect.any(Number)]);
  expect(one).toBeGreaterThan(50);
  await letters.drop(second?.id ?? '');
  expect(await kept()).toEqual({ kept: 0, bytes: 0, dropped: 0 });
});

it.each([
  ['number', { count: 5, bytes: 1_000_000 }],
  ['bytes', { count: 1_000, bytes: 5_000 }],
])('keeps the newest within its limit in %s, and counts those that went', async (_what, limit) => {
  const store = new RedisActorStore(redis, keys, { deadLetters: limit });
  const log = new EventLog(redis, keys);
  const limits = { events: 1, bytes: 1 };
  for (let n = 0; n < 4; n++) {
    await log.append({ partition, frame: ledgerFrame([['x', n]]), events: 1, newestEventTime: 0 });
    const { generation, offset, progress, entries } = await store.begin(partition, 'w', limits);
    const entry = entries[0]?.id ?? offset;
    // Two of each commit, some 900 bytes long.
    const letter = { code: 'APPLY_FAILED', message: '', entry, row: 0, frame: Buffer.alloc(850) } as const;
    await store.commit(
      { partition, generation, readAfter: offset, readProgress: progress },
      {
        offset: entry,
        progress,
        committer: 'w:1',
        applied: { frames: 1, events: 1, bytes: 1, tooLate: 0, beyondHorizon: 0 },
        fields: [],
        actors: [],
        deadLetters: [0, 1].map((i): DeadLetter => ({ ...letter, message: `${n}.${i}` })),
      },
      limits,
    );
  }
  expect(await kept()).toEqual({ kept: 5, bytes: expect.any(Number) as number, dropped: 3 });
  expect((await kept())?.bytes).toBeLessThanOrEqual(5_000);
  const messages = (await letters.list({ partitions, limit: 10 })).map(({ message }) => message);
  expect(messages).toEqual(['1.1', '2.0', '2.1', '3.0', '3.1']);
});

it('knows nothing of ids that are none', async () => {
  expect(await letters.inspect('nonsense')).toBeUndefined();
  expect(await letters.replay('actor.0:x-y')).toBe(false);
  expect(await letters.drop('')).toBe(false);
});
