import type { ActorStore, BegunTurn, CommitPermit, TurnOutcome } from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import { beforeEach, describe, expect, it } from 'vitest';
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

/** The contract of `ActorStore`, which every adapter passes. */
export function describeActorStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an actor store`, () => {
    let tested: StoreUnderTest;
    let partition: PartitionName;
    let partitions = 0;

    beforeEach(async () => {
      tested = await open();
      partition = `actor.${partitions++}`;
    });

    const begin = (worker = 'w'): Promise<BegunTurn> => tested.store.begin(partition, worker, LIMITS);
    const permit = (turn: BegunTurn): CommitPermit => ({
      partition,
      generation: turn.generation,
      readAfter: turn.offset,
    });
    const outcome = (turn: BegunTurn, change: Partial<TurnOutcome> = {}): TurnOutcome => ({
      offset: turn.entries.at(-1)?.id ?? turn.offset,
      committer: `w:${turn.generation}`,
      applied: { frames: turn.entries.length, events: 1, bytes: 10, tooLate: 0, beyondHorizon: 0 },
      fields: FIELDS,
      actors: [{ entityId: 'a', states: [[0, Buffer.from('state')]] }],
      deadLetters: [],
      ...change,
    });
    const stateOf = async (entityId: string): Promise<string | undefined> => {
      const [states] = await tested.store.load(partition, FIELDS, [entityId]);
      const state = states?.[0];
      return state ? Buffer.from(state).toString() : undefined;
    };

    it('begins the first turn of an empty partition with nothing to do', async () => {
      expect(await begin()).toMatchObject({ offset: '0-0', committer: undefined, entries: [] });
    });

    it('gives each turn a higher generation', async () => {
      const first = await begin();
      const second = await begin();
      expect(second.generation).toBeGreaterThan(first.generation);
    });

    it('reads frames in the order of the log, with the bytes that were appended', async () => {
      const frames = [ledgerFrame([['a', 1]]), ledgerFrame([['b', 2]])];
      const ids = [await tested.append(partition, frames[0]!), await tested.append(partition, frames[1]!)];
      const turn = await begin();
      expect(turn.entries.map((entry) => entry.id)).toEqual(ids);
      expect(turn.entries.map((entry) => entry.frame)).toEqual(frames);
    });

    it('reads at least one frame, and no more than the limits allow', async () => {
      for (let n = 0; n < 20; n++) await tested.append(partition, ledgerFrame([['a', n]]));
      const turn = await tested.store.begin(partition, 'w', { events: 3, bytes: 1_000_000 });
      expect(turn.entries).toHaveLength(3);
      expect((await tested.store.begin(partition, 'w', { events: 100, bytes: 1 })).entries).toHaveLength(1);
    });

    it('makes states and offset visible together', async () => {
      const id = await tested.append(partition, ledgerFrame([['a', 1]]));
      const turn = await begin();
      expect(await tested.store.commit(permit(turn), outcome(turn), LIMITS)).toEqual({
        kind: 'committed',
        next: [],
      });
      expect(await stateOf('a')).toBe('state');
      expect(await begin()).toMatchObject({ offset: id, committer: `w:${turn.generation}`, entries: [] });
    });

    it('hands back the frames that came meanwhile with the commit', async () => {
      await tested.append(partition, ledgerFrame([['a', 1]]));
      const turn = await begin();
      const later = await tested.append(partition, ledgerFrame([['a', 2]]));
      const result = await tested.store.commit(permit(turn), outcome(turn), LIMITS);
      expect(result.kind === 'committed' && result.next.map((entry) => entry.id)).toEqual([later]);
    });

    it('refuses the commit of a turn after another began, and writes nothing of it', async () => {
      await tested.append(partition, ledgerFrame([['a', 1]]));
      const paused = await begin();
      const newest = await begin();
      const result = await tested.store.commit(permit(paused), outcome(paused), LIMITS);
      expect(result).toEqual({ kind: 'stale-generation', newest: newest.generation });
      expect(await stateOf('a')).toBeUndefined();
      expect((await begin()).offset).toBe('0-0');
    });

    it('answers committed again when a commit is repeated, and writes it once', async () => {
      await tested.append(partition, ledgerFrame([['a', 1]]));
      const turn = await begin();
      const letter = {
        code: 'APPLY_FAILED',
        message: 'no',
        entry: turn.entries[0]!.id,
        row: 0,
        frame: ledgerFrame([['a', 1]]),
      } as const;
      const made = outcome(turn, { deadLetters: [letter] });
      await tested.store.commit(permit(turn), made, LIMITS);
      const again = await tested.store.commit(permit(turn), made, LIMITS);
      expect(again.kind).toBe('committed');
      expect(await tested.deadLetters(partition)).toBe(1);
    });

    it('refuses a commit whose frames were read after another offset', async () => {
      const first = await tested.append(partition, ledgerFrame([['a', 1]]));
      const turn = await begin();
      const moved = { ...permit(turn), readAfter: '5-5' as EntryId };
      const result = await tested.store.commit(moved, outcome(turn, { offset: '6-6' }), LIMITS);
      expect(result).toEqual({ kind: 'offset-moved', offset: '0-0' });
      expect((await begin()).entries[0]?.id).toBe(first);
    });

    it('puts a partition to sleep only when its mailbox is empty', async () => {
      await tested.append(partition, ledgerFrame([['a', 1]]));
      const turn = await begin();
      await tested.append(partition, ledgerFrame([['a', 2]]));
      const first = await tested.store.commit(permit(turn), outcome(turn), LIMITS);
      expect(await tested.isAwake(partition)).toBe(true);
      const next = first.kind === 'committed' ? first.next : [];
      const rest = { ...turn, entries: next, offset: turn.entries[0]!.id };
      await tested.store.commit(permit(rest), outcome(rest), LIMITS);
      expect(await tested.isAwake(partition)).toBe(false);
    });

    it('puts a partition to sleep when a turn finds nothing', async () => {
      await begin();
      expect(await tested.isAwake(partition)).toBe(false);
    });

    it('answers null for states that were never written', async () => {
      expect(await tested.store.load(partition, ['x@1', 'y@2'], ['nobody'])).toEqual([[null, null]]);
    });
  });
}
