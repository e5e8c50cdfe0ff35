import { randomUUID } from 'node:crypto';
import {
  ActivationCache,
  compileTurnPrograms,
  RedisActorStore,
  Sweep,
  TurnDispatcher,
  TurnRunner,
  TurnWorker,
  type MailboxWatch,
  type TurnLimits,
  type TurnObserver,
  type TurnProgram,
} from '@millrace/actor';
import { stateField, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import type { PlanDocument } from '@millrace/core';
import { ledgerEngine } from './ledger-engine.js';

export interface LedgerWorkerOptions {
  readonly limits?: TurnLimits;
  readonly observer?: TurnObserver;
  /** Values below are refused by every group. */
  readonly refuses?: number;
  readonly watch?: MailboxWatch;
  readonly cache?: ActivationCache;
  /** Instead of the monotonic clock. */
  readonly elapsedMs?: () => number;
  /** Names it to the store; default one of its own. */
  readonly name?: string;
}

/** A worker process' parts in one object, over ledger engines; several make several workers. */
export class LedgerWorker {
  readonly runner: TurnRunner;
  private readonly programs: ReadonlyMap<string, TurnProgram>;
  readonly cache: ActivationCache;
  readonly errors: Error[] = [];
  #worker: TurnWorker | undefined;
  #sweep: Sweep | undefined;
  #dispatcher: TurnDispatcher | undefined;

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
    private readonly plan: PlanDocument,
    options: LedgerWorkerOptions = {},
  ) {
    this.programs = compileTurnPrograms(plan, (group) => ledgerEngine(group, options.refuses));
    this.cache = options.cache ?? new ActivationCache();
    this.runner = new TurnRunner({
      store: new RedisActorStore(redis, keys),
      cache: this.cache,
      program: (entity) => this.programs.get(entity),
      worker: options.name ?? `test-${randomUUID()}`,
      elapsedMs: options.elapsedMs ?? (() => performance.now()),
      ...(options.limits && { limits: options.limits }),
      ...(options.observer && { observer: options.observer }),
      ...(options.watch && { watch: options.watch }),
    });
  }

  /** Takes turns from BullMQ. */
  start(queueRedis: RedisConnection): this {
    const onError = (error: Error): void => void this.errors.push(error);
    this.#dispatcher = new TurnDispatcher(queueRedis, this.keys, onError);
    this.#worker = new TurnWorker({
      connection: queueRedis,
      keys: this.keys,
      runner: this.runner,
      dispatcher: this.#dispatcher,
      onError,
    });
    return this;
  }

  /** Sweeps as well. */
  startSweep(queueRedis: RedisConnection, everyMs: number): void {
    if (!this.#dispatcher) throw new Error('start the worker before its sweep');
    this.#sweep = new Sweep({
      connection: queueRedis,
      keys: this.keys,
      dispatcher: this.#dispatcher,
      entities: () =>
        this.plan.entities.map(({ name, partitions }) => ({
          name,
          partitions,
          fields: this.programs.get(name)?.fields ?? [],
        })),
      everyMs,
      tidy: async () => {},
      onError: (error) => void this.errors.push(error),
    });
    this.#sweep.start();
  }

  async close(): Promise<void> {
    await this.#sweep?.close();
    await this.#worker?.close();
    await this.#dispatcher?.close();
  }

  /** What an actor's ledger holds now. */
  async ledgerOf(partition: PartitionName, actor: string, version = 1): Promise<number[]> {
    const group = this.plan.groups.find((known) => known.version === version);
    const state = group && (await this.redis.hget(this.keys.actor(partition, actor), stateField(group)));
    return state ? (JSON.parse(state) as number[]) : [];
  }
}
