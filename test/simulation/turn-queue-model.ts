import type { PartitionName } from '@millrace/redis';

/**
 * What BullMQ does for turns, as far as its documentation promises it: at most one waiting job per partition,
 * a wake during the active job is kept until that ends, a job whose worker lost its lock waits again while the
 * worker may still be at it.
 */
export class TurnQueueModel {
  readonly #waiting: PartitionName[] = [];
  readonly #active = new Map<PartitionName, number>();
  readonly #next = new Set<PartitionName>();
  #takes = 0;

  get waiting(): readonly PartitionName[] {
    return this.#waiting;
  }

  holds(partition: PartitionName): boolean {
    return this.#waiting.includes(partition) || this.#active.has(partition);
  }

  wake(partition: PartitionName): void {
    if (this.#waiting.includes(partition)) return;
    if (this.#active.has(partition)) this.#next.add(partition);
    else this.#waiting.push(partition);
  }

  /** Hands out the waiting job at an index; the number names this hand-out. */
  take(index: number): { readonly partition: PartitionName; readonly lock: number } {
    const [partition] = this.#waiting.splice(index, 1);
    if (partition === undefined) throw new Error(`no job waits at ${index}`);
    const lock = ++this.#takes;
    this.#active.set(partition, lock);
    return { partition, lock };
  }

  /** A worker says that it is done; one that lost its lock is not listened to. */
  finish(partition: PartitionName, lock: number, retry: boolean): void {
    if (this.#active.get(partition) !== lock) return;
    this.#active.delete(partition);
    const next = this.#next.delete(partition);
    if ((next || retry) && !this.#waiting.includes(partition)) this.#waiting.push(partition);
  }

  /** The lock of a hand-out lapsed: the job waits again. */
  lapse(partition: PartitionName, lock: number): void {
    if (this.#active.get(partition) !== lock) return;
    this.#active.delete(partition);
    this.#next.delete(partition);
    if (!this.#waiting.includes(partition)) this.#waiting.push(partition);
  }
}
