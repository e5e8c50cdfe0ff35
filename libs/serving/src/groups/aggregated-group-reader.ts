import type {
  AggregatedGroupPlan,
  FeatureValue,
  GroupEngine,
  Instant,
  Timeline,
  ValueEvidence,
} from '@millrace/core';
import { stateField } from '@millrace/redis';
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

/** Window states: decoded by the engine that wrote them and finished at the instant of the read. */
export class AggregatedGroupReader implements GroupReader {
  readonly plan: AggregatedGroupPlan;
  readonly field: string;
  /** What stands in for a null, by feature of the plan. */
  readonly fallbacks: readonly FeatureValue[];
  /** Finished values in plan order; overwritten by each finish, which never awaits. */
  readonly finished: FeatureValue[] = [];
  /** Indices of the wanted features in the plan. */
  readonly features: readonly number[];
  private readonly absent: StoredGroup;

  constructor(
    readonly engine: GroupEngine,
    readonly wanted: readonly WantedFeature[],
  ) {
    this.plan = engine.plan;
    this.field = stateField(engine.plan);
    this.features = wanted.map(({ feature }) => feature);
    this.fallbacks = engine.plan.features.map((feature) =>
      feature.type === 'map' ? null : defaultValue(feature.type, feature.default),
    );
    this.absent = new StoredTimeline(this, engine.create(), STATUS.NOT_FOUND);
  }

  open(bytes: Uint8Array | null): StoredGroup {
    return bytes === null ? this.absent : new StoredTimeline(this, this.engine.decode(bytes), STATUS.PRESENT);
  }
}

/** An empty timeline finishes to what an entity without events is worth: counts and sums 0, others null. */
class StoredTimeline implements StoredGroup {
  readonly newest: Instant;

  constructor(
    private readonly group: AggregatedGroupReader,
    private readonly timeline: Timeline,
    private readonly found: typeof STATUS.PRESENT | typeof STATUS.NOT_FOUND,
  ) {
    this.newest = timeline.newest;
  }

  finish(asOf: Instant, row: VectorRow): void {
    const { engine, finished, fallbacks, wanted } = this.group;
    const stale = this.isStale(asOf);
    if (!stale) engine.finish(this.timeline, asOf, finished);
    for (const { feature, slot } of wanted) {
      const value = stale ? null : (finished[feature] ?? null);
      writeSlot(row, slot, value, stale ? STATUS.OUTSIDE_MAX_AGE : this.found, fallbacks[feature] ?? null);
    }
  }

  settledUntil(asOf: Instant): Instant {
    const { engine, features, plan } = this.group;
    if (this.isStale(asOf)) return Infinity;
    const settled = engine.settledUntil(this.timeline, asOf, features);
    return this.found === STATUS.PRESENT ? Math.min(settled, maxAgeEnd(plan.ttlMs, this.newest)) : settled;
  }

  private isStale(asOf: Instant): boolean {
    return this.found === STATUS.PRESENT && isOutsideMaxAge(this.group.plan.ttlMs, this.newest, asOf);
  }

  evidence(asOf: Instant): ValueEvidence[] {
    const all = this.group.engine.evidence(this.timeline, asOf);
    return this.group.wanted.map(({ feature }) => all[feature] as ValueEvidence);
  }
}
