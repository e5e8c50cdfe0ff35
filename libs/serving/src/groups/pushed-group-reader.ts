import type { FeatureValue, Instant, PushedGroupPlan, ValueEvidence } from '@millrace/core';
import { stateField } from '@millrace/redis';
import { decodeRow, type PushedRow } from '../pushed/row-codec.js';
import { STATUS } from '../status.js';
import { defaultValue } from '../values/default-value.js';
import {
  isOutsideMaxAge,
  maxAgeEnd,
  writeSlot,
  type GroupReader,
  type StoredGroup,
  type VectorRow,
  type WantedFeature,
} from './group-reader.js';

/** Rows that the push routes write: served as they are while they are young enough. */
export class PushedGroupReader implements GroupReader {
  readonly field: string;
  private readonly fallbacks: readonly FeatureValue[];
  private readonly absent: StoredGroup;

  constructor(
    readonly plan: PushedGroupPlan,
    readonly wanted: readonly WantedFeature[],
  ) {
    this.field = stateField(plan);
    this.fallbacks = plan.features.map((feature) => defaultValue(feature.type, feature.default));
    this.absent = new StoredRow(this, undefined);
  }

  open(bytes: Uint8Array | null): StoredGroup {
    return bytes === null ? this.absent : new StoredRow(this, decodeRow(bytes));
  }

  fallback(feature: number): FeatureValue {
    return this.fallbacks[feature] ?? null;
  }
}

class StoredRow implements StoredGroup {
  readonly newest: Instant;

  constructor(
    private readonly group: PushedGroupReader,
    private readonly row: PushedRow | undefined,
  ) {
    this.newest = row?.eventTime ?? -Infinity;
  }

  finish(asOf: Instant, into: VectorRow): void {
    const { plan, wanted } = this.group;
    const stale = this.row !== undefined && isOutsideMaxAge(plan.ttlMs, this.newest, asOf);
    const status = stale ? STATUS.OUTSIDE_MAX_AGE : this.row ? STATUS.PRESENT : STATUS.NOT_FOUND;
    for (const { feature, slot } of wanted) {
      const value = stale ? null : (this.row?.values[feature] ?? null);
      writeSlot(into, slot, value, status, this.group.fallback(feature));
    }
  }

  settledUntil(asOf: Instant): Instant {
    const end = maxAgeEnd(this.group.plan.ttlMs, this.newest);
    return this.row === undefined || asOf >= end ? Infinity : end;
  }

  evidence(asOf: Instant): ValueEvidence[] {
    const evidence: ValueEvidence = {
      from: null,
      to: asOf,
      events: this.row ? 1 : 0,
      newestEventTime: this.row?.eventTime ?? null,
      exact: true,
    };
    return this.group.wanted.map(() => evidence);
  }
}
