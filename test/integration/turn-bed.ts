import { TurnDispatcher } from '@millrace/actor';
import { partitionOf, type PlanDocument } from '@millrace/core';
import {
  closeRedis,
  connected,
  Keys,
  openRedis,
  partitionName,
  type PartitionName,
  type RedisConnection,
} from '@millrace/redis';
import { EventLog } from '@millrace/stream';
import { startRedis, type TestRedis } from '../kit/index.js';
import { ledgerFrame } from '../simulation/ledger-plan.js';
import { LedgerWorker, type LedgerWorkerOptions } from '../simulation/ledger-runtime.js';

/** What tests of the runtime stand on: a real Redis, and for each test keys, a log and workers of its own. */
export class TurnBed {
  #tests = 0;
  #keys = new Keys('');
  #log: EventLog;
  #dispatcher: TurnDispatcher;
  #workers = new Set<LedgerWorker>();

  private constructor(
    private readonly server: TestRedis,
    readonly redis: RedisConnection,
    private readonly queueRedis: RedisConnection,
    private readonly partitions: number,
  ) {
    this.#log = new EventLog(redis, this.#keys);
    this.#dispatcher = new TurnDispatcher(queueRedis, this.#keys);
  }

  static async open(partitions: number): Promise<TurnBed> {
    const server = await startRedis();
    const redis = openRedis({ url: server.url, role: 'request', name: 'test' });
    const queueRedis = openRedis({ url: server.url, role: 'queue', name: 'test-queue' });
    await Promise.all([connected(redis), connected(queueRedis)]);
    return new TurnBed(server, redis, queueRedis, partitions);
  }

  get keys(): Keys {
    return this.#keys;
  }

  get log(): EventLog {
    return this.#log;
  }

  get url(): string {
    return this.server.url;
  }

  /** Before each test: nothing of the tests before it is in sight. */
  fresh(): void {
    this.#keys = new Keys(`run${this.#tests++}:`);
    this.#log = new EventLog(this.redis, this.#keys);
    this.#dispatcher = new TurnDispatcher(this.queueRedis, this.#keys);
  }

  /** After each test: ends what it started. */
  async clear(): Promise<void> {
    await Promise.all(Array.from(this.#workers, (worker) => this.stop(worker)));
    await this.#dispatcher.close();
  }

  async close(): Promise<void> {
    await Promise.all([closeRedis(this.redis), closeRedis(this.queueRedis)]);
    await this.server.stop();
  }

  homeOf(actor: string): PartitionName {
    return partitionName('actor', partitionOf(actor, this.partitions));
  }

  /** Every partition of the entity. */
  get homes(): readonly PartitionName[] {
    return Array.from({ length: this.partitions }, (_, i) => partitionName('actor', i));
  }

  /** Appends numbers of an actor as one frame, and wakes nobody; answers whether somebody should. */
  async append(
    actor: string,
    ...numbers: readonly number[]
  ): Promise<{ readonly wake: boolean; readonly partition: PartitionName }> {
    const partition = this.homeOf(actor);
    const frame = ledgerFrame(numbers.map((n) => [actor, n] as const));
    const result = await this.#log.append({
      partition,
      frame,
      events: numbers.length,
      newestEventTime: 1_000,
    });
    if (result.kind !== 'appended') throw new Error(`append answered ${result.kind}`);
    return { wake: result.wake, partition };
  }

  /** Appends and wakes, as ingest does. */
  async send(actor: string, ...numbers: readonly number[]): Promise<void> {
    const { wake, partition } = await this.append(actor, ...numbers);
    if (wake) await this.wake(partition);
  }

  wake(partition: PartitionName): Promise<void> {
    return this.#dispatcher.wake([partition]);
  }

  /** A worker whose turns the test runs itself. */
  worker(plan: PlanDocument, options: LedgerWorkerOptions = {}): LedgerWorker {
    return new LedgerWorker(this.redis, this.#keys, plan, options);
  }

  /** A worker that takes turns from BullMQ, and sweeps where it is told how often. */
  async start(
    plan: PlanDocument,
    { sweepEveryMs, ...options }: LedgerWorkerOptions & { readonly sweepEveryMs?: number } = {},
  ): Promise<LedgerWorker> {
    const worker = this.worker(plan, options).start(this.queueRedis);
    this.#workers.add(worker);
    if (sweepEveryMs !== undefined) worker.startSweep(this.queueRedis, sweepEveryMs);
    return worker;
  }

  async stop(worker: LedgerWorker): Promise<void> {
    this.#workers.delete(worker);
    await worker.close();
  }
}
