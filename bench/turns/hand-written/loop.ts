import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { customerId, PARTITIONS, type PurchaseFrame, type Purchases } from '../purchases.js';
import { decodeRaw, encodeRaw } from './frame.js';
import { State } from './state.js';

/**
 * The limit of W4: what one would write for this one job, in one process, with ioredis alone and nothing of
 * the product. The same keys, the same fenced commit of states and offset, states kept in memory between
 * batches; no schema, no expressions, no plan, no queue, no metrics, no dead letters, no budget of time.
 */
const FRAMES_AT_ONCE = 9;
const FORGET_AFTER_MS = 86_400_000;
const APPENDS_AT_ONCE = 64;

const script = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/** An entry of the log: `[id, ['f', frame]]`. */
type Entry = readonly [Buffer, readonly [Buffer, Buffer]];

interface Commands {
  rawBeginBuffer(meta: string, log: string, frames: number): Promise<[number, Buffer, Entry[]]>;
  rawLoadBuffer(meta: string, prefix: string, ids: readonly string[]): Promise<(Buffer | null)[]>;
  rawCommitBuffer(meta: string, log: string, args: readonly (string | number | Buffer)[]): Promise<Entry[]>;
}

export class HandWrittenLoop {
  private readonly redis: Redis & Commands;

  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    const redis = new Redis(url);
    redis.defineCommand('rawBegin', { lua: script('begin'), numberOfKeys: 2 });
    redis.defineCommand('rawLoad', { lua: script('load'), numberOfKeys: 1 });
    redis.defineCommand('rawCommit', { lua: script('commit'), numberOfKeys: 2 });
    this.redis = redis as Redis & Commands;
  }

  async append(purchases: Purchases, frames: readonly PurchaseFrame[]): Promise<void> {
    for (let from = 0; from < frames.length; from += APPENDS_AT_ONCE) {
      await Promise.all(
        frames
          .slice(from, from + APPENDS_AT_ONCE)
          .map((frame) =>
            this.redis.xadd(`${this.prefix}{${frame.partition}}:log`, '*', 'f', encodeRaw(purchases, frame)),
          ),
      );
    }
  }

  /** Applies everything in the logs; answers how many events. */
  async run(): Promise<number> {
    const applied = await Promise.all(
      Array.from({ length: PARTITIONS }, (_, index) => this.drain(`customer.${index}`)),
    );
    return applied.reduce((sum, count) => sum + count, 0);
  }

  /** The kept state of each customer, as it is in Redis. */
  async states(partitionOf: (id: string) => string, customers: readonly number[]): Promise<State[]> {
    const packed = await Promise.all(
      customers.map((customer) => {
        const id = customerId(customer);
        return this.redis.hgetBuffer(`${this.prefix}{${partitionOf(id)}}:a:${id}`, 's');
      }),
    );
    return packed.map((bytes) => State.decode(bytes));
  }

  close(): void {
    this.redis.disconnect();
  }

  private async drain(partition: string): Promise<number> {
    const meta = `${this.prefix}{${partition}}:meta`;
    const log = `${this.prefix}{${partition}}:log`;
    const statePrefix = `${this.prefix}{${partition}}:a:`;
    const states = new Map<string, State>();
    let [generation, offset, entries] = await this.redis.rawBeginBuffer(meta, log, FRAMES_AT_ONCE);
    let events = 0;
    while (entries.length > 0) {
      const frames = entries.map(([, fields]) => decodeRaw(fields[1]));
      const missing = new Set<string>();
      for (const { customers } of frames) for (const id of customers) if (!states.has(id)) missing.add(id);
      const ids = [...missing];
      const loaded = await this.redis.rawLoadBuffer(meta, statePrefix, ids);
      ids.forEach((id, i) => states.set(id, State.decode(loaded[i] ?? null)));

      const changed: string[] = [];
      for (const { customers, customerOf, at, amount, cost, merchant } of frames) {
        const of = customers.map((id) => states.get(id) as State);
        for (let row = 0; row < at.length; row++) {
          const state = of[customerOf[row] as number] as State;
          state.add(at[row]!, amount[row]!, cost[row]!, merchant[row]!);
          if (!state.changed) {
            state.changed = true;
            changed.push(customers[customerOf[row] as number] as string);
          }
        }
        events += at.length;
      }

      const next = (entries.at(-1) as Entry)[0];
      const args = [generation, offset, next, FRAMES_AT_ONCE, FORGET_AFTER_MS, statePrefix] as (
        string | number | Buffer
      )[];
      for (const id of changed) {
        const state = states.get(id) as State;
        state.changed = false;
        args.push(id, state.encode());
      }
      entries = await this.redis.rawCommitBuffer(meta, log, args);
      offset = next;
    }
    return events;
  }
}
