import type { AggregatedFeaturePlan, AggregatedGroupPlan, FunctionPlan, WindowPlan } from '@millrace/core';
import { AMOUNT, MERCHANT, QUANTITY, STREAM_INPUTS } from './streams.js';

export interface MeasuredFunction {
  readonly function: FunctionPlan;
  readonly input?: number;
  readonly by?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const FOUR_WINDOWS: readonly WindowPlan[] = [MINUTE, 10 * MINUTE, HOUR, 24 * HOUR].map(sliding);

/** From a minute to a day, each longer than the one before by the same factor; the last is always the day. */
export function windowsUpToADay(count: number): WindowPlan[] {
  const factor = (24 * 60) ** (1 / Math.max(1, count - 1));
  const lengths = Array.from({ length: count - 1 }, (_, i) => Math.round(MINUTE * factor ** i));
  return [...lengths, 24 * HOUR].map(sliding);
}

/** The five numeric features that bench.md's rates are about. */
export const NUMERIC: readonly MeasuredFunction[] = [
  { function: { kind: 'count' } },
  { function: { kind: 'sum' }, input: AMOUNT },
  { function: { kind: 'mean' }, input: AMOUNT },
  { function: { kind: 'min' }, input: AMOUNT },
  { function: { kind: 'max' }, input: AMOUNT },
];

/** Every function of contract.md once, on the column that fits it. */
export const EVERY_FUNCTION: readonly MeasuredFunction[] = [
  ...NUMERIC,
  { function: { kind: 'sum' }, input: QUANTITY },
  { function: { kind: 'stddev', population: false }, input: AMOUNT },
  { function: { kind: 'skew' }, input: AMOUNT },
  { function: { kind: 'kurtosis' }, input: AMOUNT },
  { function: { kind: 'first' }, input: AMOUNT },
  { function: { kind: 'last' }, input: AMOUNT },
  { function: { kind: 'first_k', k: 5 }, input: MERCHANT },
  { function: { kind: 'last_k', k: 5 }, input: MERCHANT },
  { function: { kind: 'last_distinct_k', k: 5 }, input: MERCHANT },
  { function: { kind: 'distinct_count' }, input: MERCHANT },
  { function: { kind: 'quantile', q: 0.95 }, input: AMOUNT },
  { function: { kind: 'top_k', k: 5 }, input: MERCHANT },
  { function: { kind: 'histogram', edges: [1, 5, 10, 50, 100, 500] }, input: AMOUNT },
  { function: { kind: 'entropy' }, input: MERCHANT },
  { function: { kind: 'rate', perMs: MINUTE } },
  { function: { kind: 'seconds_since_last' } },
  { function: { kind: 'ewma', halfLifeMs: HOUR }, input: AMOUNT },
  { function: { kind: 'min_by', by: AMOUNT }, input: MERCHANT },
  { function: { kind: 'max_by', by: AMOUNT }, input: MERCHANT },
  { function: { kind: 'ratio', to: QUANTITY }, input: AMOUNT },
  { function: { kind: 'sum' }, input: AMOUNT, by: QUANTITY },
];

export function groupOf(
  functions: readonly MeasuredFunction[],
  windows: readonly WindowPlan[],
): AggregatedGroupPlan {
  const features = functions.flatMap((measured, f) =>
    windows.map((_, window): AggregatedFeaturePlan => ({
      name: `f${f}_${window}`,
      type: 'float',
      ...measured,
      window,
    })),
  );
  return {
    kind: 'aggregated',
    name: 'bench',
    version: 1,
    entity: 'card',
    source: 'payments',
    keyFields: ['card'],
    derive: [],
    inputs: STREAM_INPUTS,
    filters: [],
    windows,
    features,
    budget: 128,
    resolution: 1 / 64,
  };
}

export function nameOf({ function: fn, input, by }: MeasuredFunction): string {
  const of = input === undefined ? '' : ` of ${STREAM_INPUTS[input]!.name}`;
  return `${fn.kind}${of}${by === undefined ? '' : ` by ${STREAM_INPUTS[by]!.name}`}`;
}

function sliding(lengthMs: number): WindowPlan {
  return { kind: 'sliding', lengthMs };
}
