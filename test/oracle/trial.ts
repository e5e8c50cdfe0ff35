/** A group and rows written down in a test, run through the window engine. */
import { compileGroup } from '@millrace/core';
import type {
  AggregatedFeaturePlan,
  AggregatedGroupPlan,
  FeatureValue,
  GroupEngine,
  InputPlan,
  Timeline,
  ValueEvidence,
} from '@millrace/core';
import type { NaiveScalar } from './naive-functions.js';
import { batchOf } from './scenario-check.js';

export interface TrialRow {
  readonly time: number;
  readonly values: readonly NaiveScalar[];
  readonly passes?: readonly boolean[];
}

export interface Trial {
  readonly engine: GroupEngine;
  readonly timeline: Timeline;
  readonly outcomes: readonly ('applied' | 'too-late')[];
  /** The values of all features, by default as of the newest row. */
  values(asOf?: number): FeatureValue[];
  evidence(asOf?: number): ValueEvidence[];
}

export function trialPlan(
  inputs: readonly InputPlan[],
  windows: AggregatedGroupPlan['windows'],
  features: readonly Omit<AggregatedFeaturePlan, 'name' | 'type'>[],
  settings: { budget?: number; resolution?: number; filters?: readonly string[] } = {},
): AggregatedGroupPlan {
  return {
    kind: 'aggregated',
    name: 'trial',
    version: 1,
    entity: 'thing',
    source: 'events',
    keyFields: ['id'],
    derive: [],
    inputs,
    filters: [],
    windows,
    features: features.map((feature, i) => ({ ...feature, name: `f${i}`, type: 'float' })),
    budget: 128,
    resolution: 1 / 64,
    ...settings,
  };
}

export function runTrial(plan: AggregatedGroupPlan, rows: readonly TrialRow[]): Trial {
  const engine = compileGroup(plan);
  const timeline = engine.create();
  const batch = batchOf(
    plan.inputs,
    rows.map(({ time, values, passes }) => ({ time, values, passes: passes ?? [] })),
  );
  const outcomes = rows.map((_, row) => engine.apply(timeline, batch, row));
  return {
    engine,
    timeline,
    outcomes,
    values(asOf = timeline.newest) {
      const into: FeatureValue[] = [];
      engine.finish(timeline, asOf, into);
      return into;
    },
    evidence: (asOf = timeline.newest) => engine.evidence(timeline, asOf),
  };
}
