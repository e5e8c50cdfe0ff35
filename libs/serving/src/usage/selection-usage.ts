import type { Instant } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import type { SelectedFeature } from '../selection/selection.js';
import { STATUS_NAMES } from '../status.js';
import type { FeatureUsage } from './usage-store.js';

const STATUSES = STATUS_NAMES.length;

/** Counts what one selection of features serves: one addition per value, on the way of the answer. */
export class SelectionUsage {
  rows = 0;
  private readonly features: readonly string[];
  /** By (feature, status). */
  private readonly counts: Float64Array;
  private lastReadAt: Instant = 0;

  constructor(
    readonly by: Pick<FeatureUsage, 'service' | 'variant'>,
    selected: readonly SelectedFeature[],
  ) {
    this.features = selected.map(({ group, version, feature }) => `${group}@${version}:${feature}`);
    this.counts = new Float64Array(selected.length * STATUSES);
  }

  record({ rows, slots, statuses }: Pick<FeatureVectors, 'rows' | 'slots' | 'statuses'>, now: Instant): void {
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < this.features.length; i++) {
        const at = i * STATUSES + (statuses[row * slots + i] as number);
        this.counts[at] = (this.counts[at] as number) + 1;
      }
    }
    this.rows += rows;
    this.lastReadAt = now;
  }

  /** What was counted since the last call. */
  take(): FeatureUsage[] {
    const { by, lastReadAt } = this;
    const taken = this.features.map((feature, i) => ({
      ...by,
      feature,
      byStatus: [...this.counts.subarray(i * STATUSES, (i + 1) * STATUSES)],
      lastReadAt,
    }));
    this.counts.fill(0);
    this.rows = 0;
    return taken;
  }
}
