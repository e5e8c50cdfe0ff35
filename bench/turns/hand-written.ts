import { RedisActorStore } from '@millrace/actor';
import { partitionName, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import type { EntryId } from '@millrace/stream';
import { PARTITIONS, type PurchaseFrame, type Purchases } from './purchases.js';

/**
 * The limit of W4: what one would write for this one job. Frames of raw doubles, states of raw doubles (the
 * newest rows of a customer and the totals of those before), the same fenced commit, and nothing of the
 * product: no schema, no expressions, no windows beyond what the rows allow, no evidence.
 */
const ROW = 5;
const ROWS_MAX = 128;
const TOTALS = 6;

/** A frame: per row customer, time, amount, cost, merchant, all as doubles. */
export function encodeRaw(purchases: Purchases, { rows }: PurchaseFrame): Buffer {
  const raw = new Float64Array(rows.length * ROW);
  rows.forEach((row, i) => {
    raw[i * ROW] = purchases.customer[row] as number;
    raw[i * ROW + 1] = purchases.at[row] as number;
    raw[i * ROW + 2] = purchases.amount[row] as number;
    raw[i * ROW + 3] = purchases.cost[row] as number;
    raw[i * ROW + 4] = purchases.merchant[row] as number;
  });
  return Buffer.from(raw.buffer);
}

export async function appendRaw(
  redis: RedisConnection,
  keys: Keys,
  purchases: Purchases,
  frames: readonly PurchaseFrame[],
): Promise<void> {
  const last = new Map<PartitionName, Promise<string | null>>();
  for (const frame of frames) {
    const raw = encodeRaw(purchases, frame);
    last.set(frame.partition, redis.xadd(keys.log(frame.partition), '*', 'f', raw, 'n', frame.rows.length));
    if (last.size === PARTITIONS) {
      await Promise.all(last.values());
      last.clear();
    }
  }
  await Promise.all(last.values());
}

/** Totals of the rows that were folded, the number of rows held, then the rows. */
class State {
  values = new Float64Array(TOTALS + 8 * ROW);
  dirty = false;

  static from(bytes: Uint8Array | null | undefined): State {
    const state = new State();
    if (bytes) {
      state.values = new Float64Array(bytes.byteLength / 8 + 8 * ROW);
      new Uint8Array(state.values.buffer).set(bytes);
    }
    return state;
  }

  add(raw: Float64Array, at: number): void {
    let held = this.values[0] as number;
    if (held === ROWS_MAX) held = this.fold();
    const into = TOTALS + held * ROW;
    if (into + ROW > this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    for (let i = 0; i < ROW; i++) this.values[into + i] = raw[at + i] as number;
    this.values[0] = held + 1;
  }

  /** Folds the older half into the totals. */
  private fold(): number {
    const { values } = this;
    const half = ROWS_MAX / 2;
    for (let row = 0; row < half; row++) {
      const amount = values[TOTALS + row * ROW + 2] as number;
      values[1] = (values[1] as number) + 1;
      values[2] = (values[2] as number) + amount;
      values[3] = (values[3] as number) + amount * amount;
      values[4] = Math.min(values[4] as number, amount);
      values[5] = Math.max(values[5] as number, amount);
    }
    values.copyWithin(TOTALS, TOTALS + half * ROW, TOTALS + ROWS_MAX * ROW);
    return half;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.values.buffer, 0, (TOTALS + (this.values[0] as number) * ROW) * 8);
  }

  get count(): number {
    return (this.values[0] as number) + (this.values[1] as number);
  }
}

const LIMITS = { events: 8_192, bytes: 8 * 1024 * 1024 };
const FIELDS = ['raw@1'];

/** Applies everything in the logs; answers how many events. */
export async function runHandWritten(redis: RedisConnection, keys: Keys): Promise<number> {
  const store = new RedisActorStore(redis, keys);
  const applied = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, index) => drain(store, partitionName('customer', index))),
  );
  return applied.reduce((sum, count) => sum + count, 0);
}

async function drain(store: RedisActorStore, partition: PartitionName): Promise<number> {
  const states = new Map<number, State>();
  const turn = await store.begin(partition, 'hand-written', LIMITS);
  let { entries } = turn;
  let readAfter: EntryId = turn.offset;
  let events = 0;
  while (entries.length > 0) {
    const frames = entries.map(({ frame }) => new Float64Array(new Uint8Array(frame).buffer));
    const missing = new Set<number>();
    for (const raw of frames) {
      for (let at = 0; at < raw.length; at += ROW) {
        const customer = raw[at] as number;
        if (!states.has(customer)) missing.add(customer);
      }
    }
    const ids = [...missing];
    const loaded = await store.load(partition, FIELDS, ids.map(String));
    ids.forEach((id, i) => states.set(id, State.from(loaded[i]?.[0])));
    const changed = new Map<number, State>();
    for (const raw of frames) {
      for (let at = 0; at < raw.length; at += ROW) {
        const state = states.get(raw[at] as number) as State;
        state.add(raw, at);
        if (!state.dirty) {
          state.dirty = true;
          changed.set(raw[at] as number, state);
        }
      }
      events += raw.length / ROW;
    }
    const actors = Array.from(changed, ([customer, state]) => {
      state.dirty = false;
      return { entityId: String(customer), states: [[0, state.bytes()] as const] };
    });
    const offset = (entries.at(-1) as { id: EntryId }).id;
    const result = await store.commit(
      { partition, generation: turn.generation, readAfter },
      {
        offset,
        committer: 'hand-written',
        applied: { frames: frames.length, events: 0, bytes: 0, tooLate: 0, beyondHorizon: 0 },
        fields: FIELDS,
        actors,
        deadLetters: [],
        forgetAfterMs: 86_400_000,
      },
      LIMITS,
    );
    if (result.kind !== 'committed') throw new Error(`commit answered ${result.kind}`);
    entries = result.next;
    readAfter = offset;
  }
  return events;
}
