import type { PlanStore } from '@millrace/redis';
import type { EntityPlan, GroupPlan } from '@millrace/core';
import type { Registry } from './postgres/registry.js';
import { catchingUp, documentOf, type RegistryState } from './registry-state.js';

export interface PlanPublisherOptions {
  /** Tells the other processes that there is a plan to look for; only a hint. */
  readonly hint: () => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Whether a version of a group is live in every partition of its entity. Absent: all are, always. */
  readonly isLive?: (group: GroupPlan, entity: EntityPlan) => Promise<boolean>;
  /** Default 5 s; one second while a group catches up. */
  readonly checkEveryMs?: number;
}

const CATCH_UP_CHECK_MS = 1_000;

/**
 * Keeps Redis at the plan of the registry: after an apply, when a process boots, and again whenever Redis
 * turns out to have lost it or to have missed one.
 */
export class PlanPublisher {
  private timer: NodeJS.Timeout | undefined;
  private reported = '';
  private isWaiting = false;
  private checkedMs = 0;

  constructor(
    private readonly registry: Registry,
    private readonly store: PlanStore,
    private readonly options: PlanPublisherOptions,
  ) {}

  async start(): Promise<void> {
    const everyMs = this.options.checkEveryMs ?? 5_000;
    this.timer = setInterval(
      () => {
        if (this.isWaiting || performance.now() - this.checkedMs >= everyMs) void this.check();
      },
      Math.min(everyMs, CATCH_UP_CHECK_MS),
    );
    await this.check();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Publishes what is registered where Redis is behind. Answers whether Redis has it now. Never rejects. */
  async check(): Promise<boolean> {
    this.checkedMs = performance.now();
    try {
      const state = await this.promoteCaughtUp(await this.registry.state());
      const document = documentOf(state);
      const held = await this.store.revision();
      if (held !== undefined && held >= document.revision) return this.checkNotAhead(held, document.revision);
      await this.store.publish(document);
      await this.options.hint();
      this.reported = '';
      return true;
    } catch (error) {
      this.report(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  /** Lets services go over to the versions that have caught up. */
  private async promoteCaughtUp(state: RegistryState): Promise<RegistryState> {
    const pending = catchingUp(state);
    this.isWaiting = pending.length > 0;
    if (pending.length === 0) return state;
    const { groups, entities } = documentOf(state);
    let promoted = 0;
    for (const { name, version } of pending) {
      const group = groups.find((known) => known.name === name && known.version === version);
      const entity = entities.find((known) => known.name === group?.entity);
      const { isLive } = this.options;
      if (!group || !entity || (isLive && !(await isLive(group, entity)))) continue;
      await this.registry.markCaughtUp(name, version);
      promoted++;
    }
    return promoted === 0 ? state : this.registry.state();
  }

  /** The revision that Redis holds; undefined where it holds none or does not answer. */
  async heldRevision(): Promise<number | undefined> {
    return this.store.revision().catch(() => undefined);
  }

  private checkNotAhead(held: number, registered: number): boolean {
    if (held === registered) {
      this.reported = '';
      return true;
    }
    // Overwriting here would let a process with the wrong DATABASE_URL take a running plan away.
    const message =
      `Redis holds plan ${held}, the registry is at ${registered}: they do not belong together, or the database ` +
      'was restored from a backup; the next apply puts the registry ahead';
    this.report(new Error(message));
    return false;
  }

  private report(error: Error): void {
    if (error.message === this.reported) return;
    this.reported = error.message;
    this.options.onError(error);
  }
}
