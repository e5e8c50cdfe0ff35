import { setTimeout as pause } from 'node:timers/promises';
import { planSpread, type LiveProcess, type PlanSpread } from '@millrace/core';

const LOOK_EVERY_MS = 100;

/** Waits for a plan to come to every process that lives. */
export class PlanArrival {
  constructor(
    private readonly processes: { live(): Promise<readonly LiveProcess[]> },
    private readonly elapsedMs: () => number,
  ) {}

  /** Answers as soon as all run the revision, or after `withinMs` with those that do not. Never rejects. */
  async wait(revision: number, withinMs: number): Promise<PlanSpread> {
    const until = this.elapsedMs() + withinMs;
    for (;;) {
      // Without Redis nothing is known of any process, and so not that they run it.
      const live = await this.processes.live().catch((): readonly LiveProcess[] => []);
      const spread = planSpread(live, revision);
      const leftMs = until - this.elapsedMs();
      if (spread.everywhere || leftMs <= 0) return spread;
      await pause(Math.min(LOOK_EVERY_MS, leftMs));
    }
  }
}
