import {
  OvertakenError,
  type ActorStore,
  type BegunTurn,
  type CommitPermit,
  type CommitResult,
  type ReadLimits,
  type TurnOutcome,
} from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerFrame } from '../simulation/ledger-plan.js';

/** A store under test, and the means to put frames into its logs and to look at what it wrote. */
export interface StoreUnderTest {
  readonly store: ActorStore;
  append(partition: PartitionName, frame: Buffer): Promise<EntryId>;
  deadLetters(partition: PartitionName): Promise<number>;
  isAwake(partition: PartitionName): Promise<boolean>;
}

const LIMITS = { events: 1_000, bytes: 1_000_000 };
const FIELDS = ['ledger@1'];

/** One partition of the store under test, and turns over it. */
class Subject {
  private constructor(
    readonly tested: StoreUnderTest,
    readonly partition: PartitionName,
  ) {}

  static #partitions = 0;

  static async open(open: () => Promise<StoreUnderTest>): Promise<Subject> {
    return new Subject(await open(), `actor.${Subject.#partitions++}`);
  }

  append(frame: Buffer): Promise<EntryId> {
    return this.tested.append(this.partition, frame);
  }

  begin(limits: ReadLimits = LIMITS): Promise<BegunTurn> {
    return this.tested.store.begin(this.partition, 'w', limits);
  }

  /** Commits a turn as it should be, or with a change to its outcome or its permit. */
  commit(
    turn: BegunTurn,
    change: Partial<Omit<TurnOutcome, 'progress'>> & { progress?: string } = {},
    permit: Partial<CommitPermit> = {},
  ): Promise<CommitResult> {
    return this.tested.store.commit(
      {
        partition: this.partition,
        generation: turn.generation,
        readAfter: turn.offset,
        readProgress: turn.progress,
        ...permit,
      },
      {
        offset: turn.entries.at(-1)?.id ?? turn.offset,
        progress: turn.progress,
        committer: `w:${turn.generation}`,
        applied: { frames: turn.entries.length, events: 1, bytes: 10, tooLate: 0, beyondHorizon: 0 },
        fields: FIELDS,
        actors: [{ entityId: 'a', states: [[0, Buffer.from('state')]] }],
        deadLetters: [],
        ...change,
      },
      LIMITS,
    );
  }

  end(turn: BegunTurn, offset: EntryId): Promise<CommitResult> {
    return this.tested.store.end(
      {
        partition: this.partition,
        generation: turn.generation,
        readAfter: offset,
        readProgress: turn.progress,
      },
      LIMITS,
    );
  }

  async stateOf(entityId: string): Promise<string | undefined> {
    const [states] = await this.tested.store.load(this.partition, FIELDS, [entityId]);
    const state = states?.[0];
    return state ? Buffer.from(state).toString() : undefined;
  }

  isAwake(): Promise<boolean> {
    return this.tested.isAwake(this.partition);
  }
}

/** The contract of `ActorStore`, which every adapter passes. */
export function describeActorStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an actor store`, () => {
    describeReading(() => Subject.open(open));
    describeCommitting(() => Subject.open(open));
    describeRefusing(() => Subject.open(open));
    describeSleeping(() => Subject.open(open));
  });
}

function describeReading(open: () => Promise<Subject>): void {
  it('begins the first turn of an empty partition with nothing to do', async () => {
    const subject = await open();
    expect(await subject.begin()).toMatchObject({ offset: '0-0', committer: undefined, entries: [] });
  });

  it('gives each turn a higher generation', async () => {
    const subject = await open();
    const first = await subject.begin();
    expect((await subject.begin()).generation).toBeGreaterThan(first.generation);
  });

  it('counts the turns that began with the same mail and did not commit it', async () => {
    const subject = await open();
    expect((await subject.begin()).tries).toBe(0);
    await subject.append(ledgerFrame([['a', 1]]));
    expect((await subject.begin()).tries).toBe(1);
    const second = await subject.begin();
    expect(second.tries).toBe(2);
    await subject.commit(second);
    await subject.append(ledgerFrame([['a', 2]]));
    expect((await subject.begin()).tries).toBe(1);
  });

  it('reads frames in the order of the log, with the bytes that were appended', async () => {
    const subject = await open();
    const frames = [ledgerFrame([['a', 1]]), ledgerFrame([['b', 2]])] as const;
    const ids = [await subject.append(frames[0]), await subject.append(frames[1])];
    const { entries } = await subject.begin();
    expect(entries.map(({ id }) => id)).toEqual(ids);
    expect(entries.map(({ frame }) => frame)).toEqual(frames);
  });

  it('reads at least one frame, and no more than the limits allow', async () => {
    const subject = await open();
    for (let n = 0; n < 20; n++) await subject.append(ledgerFrame([['a', n]]));
    expect((await subject.begin({ events: 3, bytes: 1_000_000 })).entries).toHaveLength(3);
    expect((await subject.begin({ events: 100, bytes: 1 })).entries).toHaveLength(1);
  });

  it('answers null for states that were never written', async () => {
    const { tested, partition } = await open();
    expect(await tested.store.load(partition, ['x@1', 'y@2'], ['nobody'])).toEqual([[null, null]]);
  });
}

function describeCommitting(open: () => Promise<Subject>): void {
  it('makes states and offset visible together', async () => {
    const subject = await open();
    const id = await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    expect(await subject.commit(turn)).toEqual({ kind: 'committed', next: [] });
    expect(await subject.stateOf('a')).toBe('state');
    const next = await subject.begin();
    expect(next).toMatchObject({ offset: id, committer: `w:${turn.generation}`, entries: [] });
  });

  it('holds of each actor the states that a commit changed, whichever those are, and the others as they were', async () => {
    const fields = ['one@1', 'two@1', 'three@1'];
    const changes = fc.uniqueArray(
      fc.record({
        entityId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        states: fc
          .dictionary(fc.constantFrom('0', '1', '2'), fc.uint8Array({ maxLength: 5_000 }), { minKeys: 1 })
          .map((byField) => Object.entries(byField).map(([field, state]) => [Number(field), state] as const)),
        keepsExpiry: fc.boolean(),
      }),
      { maxLength: 40, selector: ({ entityId }) => entityId },
    );
    await fc.assert(
      fc.asyncProperty(fc.tuple(changes, changes), async (batches) => {
        const subject = await open();
        const expected = new Map<string, (Buffer | null)[]>();
        for (const actors of batches) {
          await subject.append(ledgerFrame([['a', 1]]));
          await subject.commit(await subject.begin(), { fields, actors, forgetAfterMs: 60_000 });
          for (const { entityId, states } of actors) {
            const held = expected.get(entityId) ?? fields.map(() => null);
            for (const [field, state] of states) held[field] = Buffer.from(state);
            expected.set(entityId, held);
          }
        }
        const loaded = await subject.tested.store.load(subject.partition, fields, [...expected.keys()]);
        const found = loaded.map((states) => states.map((state) => state && Buffer.from(state)));
        expect(found).toEqual([...expected.values()]);
      }),
      { numRuns: 50 },
    );
  });

  it('hands back the frames that came meanwhile with the commit', async () => {
    const subject = await open();
    await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    const later = await subject.append(ledgerFrame([['a', 2]]));
    const result = await subject.commit(turn);
    expect(result.kind === 'committed' && result.next.map((entry) => entry.id)).toEqual([later]);
  });

  it('answers committed again when a commit is repeated, and writes it once', async () => {
    const subject = await open();
    const frame = ledgerFrame([['a', 1]]);
    const entry = await subject.append(frame);
    const turn = await subject.begin();
    const deadLetters = [{ code: 'APPLY_FAILED', message: 'no', entry, row: 0, frame } as const];
    await subject.commit(turn, { deadLetters });
    expect((await subject.commit(turn, { deadLetters })).kind).toBe('committed');
    expect(await subject.tested.deadLetters(subject.partition)).toBe(1);
  });
}

function describeRefusing(open: () => Promise<Subject>): void {
  it('refuses the commit of a turn after another began, and writes nothing of it', async () => {
    const subject = await open();
    await subject.append(ledgerFrame([['a', 1]]));
    const paused = await subject.begin();
    const { generation } = await subject.begin();
    expect(await subject.commit(paused)).toEqual({ kind: 'stale-generation', newest: generation });
    expect(await subject.stateOf('a')).toBeUndefined();
    expect((await subject.begin()).offset).toBe('0-0');
  });

  it('shows no states to a turn after another began', async () => {
    const { tested, partition } = await open();
    const { generation } = await tested.store.begin(partition, 'w', LIMITS);
    expect(await tested.store.load(partition, FIELDS, ['a'], generation)).toEqual([[null]]);
    await tested.store.begin(partition, 'w', LIMITS);
    await expect(tested.store.load(partition, FIELDS, ['a'], generation)).rejects.toThrow(OvertakenError);
  });

  it('refuses a commit whose frames were read after another offset', async () => {
    const subject = await open();
    const first = await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    const result = await subject.commit(turn, { offset: '6-6' }, { readAfter: '5-5' });
    expect(result).toEqual({ kind: 'offset-moved', offset: '0-0' });
    expect((await subject.begin()).entries[0]?.id).toBe(first);
  });

  it('refuses a commit whose frames were read under another progress', async () => {
    const subject = await open();
    await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    const change = { progress: 'p2', actors: [] };
    const permit = { readProgress: 'p1' };
    expect(await subject.commit(turn, change, permit)).toEqual({ kind: 'offset-moved', offset: '0-0' });
    expect((await subject.begin()).progress).toBe('');
  });
}

function describeSleeping(open: () => Promise<Subject>): void {
  it('puts a partition to sleep only when its mailbox is empty', async () => {
    const subject = await open();
    await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    await subject.append(ledgerFrame([['a', 2]]));
    const first = await subject.commit(turn);
    expect(await subject.isAwake()).toBe(true);
    const entries = first.kind === 'committed' ? first.next : [];
    await subject.commit({ ...turn, entries, offset: turn.entries.at(-1)?.id ?? '0-0' });
    expect(await subject.isAwake()).toBe(false);
  });

  it('keeps a partition awake for a turn that finds nothing, until that ends', async () => {
    const subject = await open();
    const turn = await subject.begin();
    expect(await subject.isAwake()).toBe(true);
    expect(await subject.end(turn, turn.offset)).toEqual({ kind: 'committed', next: [] });
    expect(await subject.isAwake()).toBe(false);
  });

  it('keeps a partition awake for a turn that lingers, and ends the turn only without mail', async () => {
    const subject = await open();
    await subject.append(ledgerFrame([['a', 1]]));
    const turn = await subject.begin();
    await subject.commit(turn, { lingers: true });
    expect(await subject.isAwake()).toBe(true);
    const entry = await subject.append(ledgerFrame([['a', 2]]));
    const offset = turn.entries.at(-1)?.id ?? turn.offset;
    const more = await subject.end(turn, offset);
    expect(more).toMatchObject({ kind: 'committed', next: [{ id: entry }] });
    await subject.commit(turn, { lingers: true, offset: entry }, { readAfter: offset });
    expect(await subject.isAwake()).toBe(true);
    expect(await subject.end(turn, entry)).toEqual({ kind: 'committed', next: [] });
    expect(await subject.isAwake()).toBe(false);
  });

  it('lets no turn put a partition to sleep whose generation is not the newest', async () => {
    const subject = await open();
    const turn = await subject.begin();
    await subject.append(ledgerFrame([['a', 1]]));
    await subject.begin();
    expect(await subject.end(turn, turn.offset)).toMatchObject({ kind: 'stale-generation' });
    expect(await subject.isAwake()).toBe(true);
  });
}
