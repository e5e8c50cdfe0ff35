import type { CommittedBatch, TurnStep } from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import type { Tracing } from '@millrace/telemetry';

interface OpenBatch {
  readonly startedAt: number;
  readonly events: { readonly name: string; readonly at: number }[];
}

/** One span per committed batch that holds traced requests, with when its states were loaded and applied. */
export class TurnTracing {
  readonly #open = new Map<PartitionName, OpenBatch>();

  constructor(
    private readonly tracing: Tracing,
    private readonly now: () => number,
  ) {}

  step(step: TurnStep, partition: PartitionName): void {
    const at = this.now();
    if (step === 'begun' || step === 'resumed') this.#open.set(partition, { startedAt: at, events: [] });
    else if (step !== 'committed') this.#open.get(partition)?.events.push({ name: step, at });
  }

  committed(partition: PartitionName, batch: CommittedBatch): void {
    const endedAt = this.now();
    const { startedAt, events } = this.#open.get(partition) ?? { startedAt: endedAt, events: [] };
    // What follows in this turn begins where this batch ended.
    this.#open.set(partition, { startedAt: endedAt, events: [] });
    if (batch.traceparents.length === 0) return;
    this.tracing.record({
      name: 'turn: apply and commit',
      startedAt,
      endedAt,
      events,
      links: batch.traceparents,
      attributes: {
        'millrace.partition': partition,
        'millrace.frames': batch.frames,
        'millrace.events': batch.events,
        'millrace.actors': batch.actors,
      },
    });
  }

  /** A turn ended, committed or not. */
  ended(partition: PartitionName): void {
    this.#open.delete(partition);
  }
}
