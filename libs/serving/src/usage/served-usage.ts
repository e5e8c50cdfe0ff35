import type { Instant } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import { STATUS_NAMES } from '../status.js';
import type { SelectionUsage } from './selection-usage.js';
import type { FeatureUsage } from './usage-store.js';

/** A client that sends a new feature list with every request makes that many selections between two flushes. */
const SELECTIONS_MAX = 512;

/** What a process has served through one service since it started. */
export interface ServiceTotals {
  rows: number;
  /** Values, by status number. */
  readonly byStatus: number[];
}

/** What this process has served: bounded by the services and features of its plans. */
export class ServedUsage {
  private readonly touched = new Set<SelectionUsage>();
  /** By service and feature: what is not flushed yet. */
  private readonly pending = new Map<string, FeatureUsage>();
  private readonly byService = new Map<string | undefined, ServiceTotals>();

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

  /** By service; undefined for reads that name their features themselves. Never decreases. */
  totals(): ReadonlyMap<string | undefined, Readonly<ServiceTotals>> {
    this.fold();
    return this.byService;
  }

  private fold(): void {
    for (const selection of this.touched) {
      const totals = this.totalsOf(selection.service);
      totals.rows += selection.rows;
      for (const usage of selection.take()) {
        for (const [status, count] of usage.byStatus.entries()) {
          totals.byStatus[status] = (totals.byStatus[status] ?? 0) + count;
        }
        const key = `${usage.service ?? ''}\n${usage.feature}`;
        this.pending.set(key, sumOf(this.pending.get(key), usage));
      }
    }
    this.touched.clear();
  }

  private totalsOf(service: string | undefined): ServiceTotals {
    const totals = this.byService.get(service) ?? { rows: 0, byStatus: STATUS_NAMES.map(() => 0) };
    this.byService.set(service, totals);
    return totals;
  }
}

function sumOf(one: FeatureUsage | undefined, other: FeatureUsage): FeatureUsage {
  if (one === undefined) return other;
  return {
    ...other,
    byStatus: other.byStatus.map((count, status) => count + (one.byStatus[status] ?? 0)),
    lastReadAt: Math.max(one.lastReadAt, other.lastReadAt),
  };
}
