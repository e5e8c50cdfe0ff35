import type { AggregatedGroupPlan, FeatureValue, ValueEvidence } from '@millrace/core';
import { NaiveGroup } from '../../test/oracle/naive-group.js';
import { same } from '../../test/oracle/scenario-check.js';
import type { Stream } from './streams.js';

/** Sketches are compared more loosely than they declare on average, never less than four standard errors. */
const SKETCH_SIGMAS = 4;

/** Where the engine's values of a hot stream differ from the naive ones by more than their evidence allows. */
export function disagreements(
  plan: AggregatedGroupPlan,
  { batch, end }: Stream,
  values: readonly FeatureValue[],
  evidence: readonly ValueEvidence[],
): string[] {
  return plan.features.flatMap((feature, index) => {
    if (feature.by !== undefined) return [];
    const { events, sketchError } = evidence[index]!;
    const naive = new NaiveGroup({
      inputs: plan.inputs,
      windows: [{ kind: 'lifetime' }],
      features: [{ ...feature, window: 0 }],
    });
    // The stream is in order, so the rows that the engine saw are the newest so many.
    for (let row = batch.size - events; row < batch.size; row++) {
      naive.add(
        batch.eventTime[row]!,
        batch.columns.map((column) => (column.values[row] ?? null) as number | string | null),
      );
    }
    // These two know the window's own edge: where it lies inside a tile, the rows seen do not tell their value.
    if (feature.function.kind === 'rate') return [];
    if (feature.function.kind === 'distinct_count' && evidence[index]!.uncertainEvents) return [];
    const expected = naive.valueOf(0, end);
    const actual = values[index]!;
    const isClose =
      sketchError === undefined
        ? same(actual, expected, 1e-9)
        : typeof actual !== 'number' ||
          Math.abs(actual - Number(expected)) <= SKETCH_SIGMAS * sketchError * Number(expected);
    return isClose
      ? []
      : [`${feature.name} ${feature.function.kind}: ${String(actual)}, expected ${String(expected)}`];
  });
}
