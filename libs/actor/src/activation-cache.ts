import type { PartitionName } from '@millrace/redis';
import { Activation } from './activation.js';
import type { BegunTurn } from './actor-store.js';
import type { TurnProgram } from './turn-program.js';

/**
 * Why activations were forgotten: `count` and `bytes` are the limits of the cache, `stale` that another
 * process committed to the partition in between or a failover lost commits, `plan` that the groups changed,
 * `failed` that a turn ended without knowing whether its commit was made.
 */
export type PassivationReason = 'count' | 'bytes' | 'stale' | 'plan' | 'failed';

export interface ActivationLimits {
  /** Default 200,000 activations in a process. */
  readonly count: number;
  /** Default 512 MiB, by the approximate size of the states in memory. */
  readonly bytes: number;
}

export const ACTIVATION_LIMITS: ActivationLimits = { count: 200_000, bytes: 512 * 1024 * 1024 };

/**
 * Names the commit that states are as of. The committer alone does not: a failover may lose the last commits of a turn
 * and keep its first ones, and states from memory, which hold them all, then counted events twice (F5).
 */
export function nameCommit(commit: Pick<BegunTurn, 'committer' | 'offset' | 'progress'>): string {
  return `${commit.committer} ${commit.offset} ${commit.progress}`;
}

/**
 * The activations of one partition. One turn owns them at a time. The least recently used ones go first, as
 * the clock algorithm finds them: a use sets a mark, and eviction passes over what was marked since it last
 * came by, which costs a use nothing but the mark.
 */
export class PartitionActivations {
  readonly #byId = new Map<string, Activation>();
  #bytes = 0;

  constructor(
    readonly program: TurnProgram,
    /** The commit that the states are as of, see `nameCommit`; changes with each commit of the owning turn. */
    public asOf: string,
  ) {}

  get count(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The activation, which thereby is a recently used one. */
  use(entityId: string): Activation | undefined {
    const activation = this.#byId.get(entityId);
    if (activation) activation.used = true;
    return activation;
  }

  add(activation: Activation): void {
    this.#byId.set(activation.entityId, activation);
    this.#bytes += activation.bytes;
  }

  /** Takes note of what a batch did to an activation's size. */
  measure(activation: Activation): void {
    this.#bytes -= activation.bytes;
    activation.measure();
    this.#bytes += activation.bytes;
  }

  /** Forgets the least recently used ones, at most `count` of them; answers how many. */
  evict(count: number): number {
    let evicted = 0;
    for (const [entityId, activation] of this.#byId) {
      if (evicted === count) break;
      this.#byId.delete(entityId);
      if (activation.used) {
        activation.used = false;
        this.#byId.set(entityId, activation);
        continue;
      }
      this.#bytes -= activation.bytes;
      evicted++;
    }
    return evicted;
  }
}

/** Evicted from one partition before the next is chosen. */
const EVICTED_AT_ONCE = 64;

/**
 * The activations of a process between turns. A turn takes those of its partition out and puts them back when
 * it ended well: two turns never share them, so a turn that lost its lock cannot leave its half-applied
 * states to the one that follows in the same process.
 */
export class ActivationCache {
  /** In the order of the last turn. */
  readonly #partitions = new Map<PartitionName, PartitionActivations>();
  readonly #limits: ActivationLimits;
  readonly #onPassivate: (reason: PassivationReason, count: number) => void;
  #count = 0;
  #bytes = 0;

  constructor(
    limits: ActivationLimits = ACTIVATION_LIMITS,
    onPassivate: (reason: PassivationReason, count: number) => void = () => {},
  ) {
    this.#limits = limits;
    this.#onPassivate = onPassivate;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a partition's activations: those kept, where they are of the newest commit, else none. */
  take(partition: PartitionName, program: TurnProgram, asOf: string): PartitionActivations {
    const kept = this.#partitions.get(partition);
    if (kept) {
      this.#partitions.delete(partition);
      this.#count -= kept.count;
      this.#bytes -= kept.bytes;
      if (kept.program === program && kept.asOf === asOf) return kept;
      this.#onPassivate(kept.program === program ? 'stale' : 'plan', kept.count);
    }
    return new PartitionActivations(program, asOf);
  }

  /** Keeps a partition's activations for its next turn, and passivates what is over the limits. */
  put(partition: PartitionName, activations: PartitionActivations): void {
    this.#partitions.set(partition, activations);
    this.#count += activations.count;
    this.#bytes += activations.bytes;
    while (this.#count > this.#limits.count) this.#passivate('count');
    while (this.#bytes > this.#limits.bytes && this.#count > 0) this.#passivate('bytes');
  }

  /** Passivates what is over the limits with those of a turn that goes on; answers what the turn has left. */
  recount(partition: PartitionName, activations: PartitionActivations): PartitionActivations {
    this.put(partition, activations);
    return this.take(partition, activations.program, activations.asOf);
  }

  /** Counts a turn's activations as forgotten: it ended without knowing what is committed. */
  discard(activations: PartitionActivations): void {
    this.#onPassivate('failed', activations.count);
  }

  #passivate(reason: PassivationReason): void {
    for (const [partition, activations] of this.#partitions) {
      const bytesBefore = activations.bytes;
      const evicted = activations.evict(EVICTED_AT_ONCE);
      this.#count -= evicted;
      this.#bytes -= bytesBefore - activations.bytes;
      if (activations.count === 0) this.#partitions.delete(partition);
      if (evicted > 0) {
        this.#onPassivate(reason, evicted);
        return;
      }
    }
  }
}
