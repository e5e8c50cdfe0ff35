import type { Instant } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import { STATUS_NAMES } from '../status.js';
import type { SelectionUsage } from './selection-usage.js';
import type { FeatureUsage } from './usage-store.js';

/** A client that sends a new feature list with every request makes that many selections between two flushes. */
const SELECTIONS_MAX = 512;

/** What a process has served through one service, or one variant of it, since it started. */
export interface ServiceTotals {
  readonly service: string | undefined;
  readonly variant: string | undefined;
  rows: number;
  /** Values, by status number. */
  readonly byStatus: number[];
}

/** What this process has served: bounded by the services and features of its plans. */
export class ServedUsage {
  private readonly touched = new Set<SelectionUsage>();
  /** By service and feature: what is not flushed yet. */
  private readonly pending = new Map<string, FeatureUsage>();
  private readonly byService = new Map<string, ServiceTotals>();

  record(selection: SelectionUsage, vectors: FeatureVectors, now: Instant): void {
    selection.record(vectors, now);
    this.touched.add(selection);
    if (this.touched.size >= SELECTIONS_MAX) this.fold();
  }

  /** What is to be added to the totals of all processes; it is counted once, so the caller must not lose it. */
  take(): FeatureUsage[] {
    this.fold();
    const taken = [...this.pending.values()];
    this.pending.clear();
    return taken;
  }

  /** One per service and variant, and one for reads that name their features themselves. Never decreases. */
  totals(): readonly Readonly<ServiceTotals>[] {
    this.fold();
    return [...this.byService.values()];
  }

  private fold(): void {
    for (const selection of this.touched) {
      const totals = this.totalsOf(selection.by);
      totals.rows += selection.rows;
      for (const usage of selection.take()) {
        for (const [status, count] of usage.byStatus.entries()) {
          totals.byStatus[status] = (totals.byStatus[status] ?? 0) + count;
        }
        const key = `${keyOf(usage)}\n${usage.feature}`;
        this.pending.set(key, sumOf(this.pending.get(key), usage));
      }
    }
    this.touched.clear();
  }

  private totalsOf(by: SelectionUsage['by']): ServiceTotals {
    const key = keyOf(by);
    const totals = this.byService.get(key) ?? { ...by, rows: 0, byStatus: STATUS_NAMES.map(() => 0) };
    this.byService.set(key, totals);
    return totals;
  }
}

/** Names hold no line feed. */
const keyOf = ({ service, variant }: SelectionUsage['by']): string => `${service ?? ''}\n${variant ?? ''}`;

function sumOf(one: FeatureUsage | undefined, other: FeatureUsage): FeatureUsage {
  if (one === undefined) return other;
  return {
    ...other,
    byStatus: other.byStatus.map((count, status) => count + (one.byStatus[status] ?? 0)),
    lastReadAt: Math.max(one.lastReadAt, other.lastReadAt),
  };
}
