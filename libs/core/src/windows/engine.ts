import type { GroupBatch } from '../events/columns.js';
import type { AggregatedGroupPlan } from '../plan/plan.js';
import type { Instant } from '../time.js';

/** A finished value. Maps (`by`, histogram of categories) are plain arrays of pairs in a stable order. */
export type FeatureValue =
  | null
  | number
  | bigint
  | string
  | boolean
  | readonly FeatureValue[]
  | { readonly map: readonly (readonly [string, FeatureValue])[] };

/** Why a value is what it is: travels with it when a reader asks for evidence. */
export interface ValueEvidence {
  /** The window's bounds `(from, to]` in ms; `from` is null where the window has no lower bound in time. */
  readonly from: Instant | null;
  readonly to: Instant;
  /** Rows inside the window that the value was computed from. */
  readonly events: number;
  readonly newestEventTime: Instant | null;
  /** True where the value is the exact one; else the members below say how far off it may be. */
  readonly exact: boolean;
  /** Events that may be on the wrong side of the window's edge. */
  readonly uncertainEvents?: number;
  /** Absolute bound of the value's error, for sums and counts. */
  readonly valueBound?: number;
  /** Relative error that a sketch declares (quantiles, distinct counts). */
  readonly sketchError?: number;
}

/** The window state of one actor for one group. Opaque outside this folder. */
export interface Timeline {
  /** Event time of the newest applied event; -Infinity before the first. */
  readonly newest: Instant;
  /** Approximate size in memory, for the activation cache. */
  readonly bytes: number;
  /** Whoever applies rows notes here in which batch he did last; 0 at first. No part of the packed state. */
  changedIn: number;
}

/** The compiled form of one aggregated group: the only code that turns events into feature values. */
export interface GroupEngine {
  readonly plan: AggregatedGroupPlan;
  create(): Timeline;
  /** Adds one row. `too-late`: older than everything that any window can still see; nothing changed. */
  apply(timeline: Timeline, batch: GroupBatch, row: number): 'applied' | 'too-late';
  /** The packed state; equal timelines give equal bytes (I3). */
  encode(timeline: Timeline): Uint8Array;
  /** @throws CorruptStateError for bytes that no release wrote or that were damaged. */
  decode(bytes: Uint8Array): Timeline;
  /** Values of all features as of an instant not before `timeline.newest`, in plan order, into `into`. */
  finish(timeline: Timeline, asOf: Instant, into: FeatureValue[]): void;
  /**
   * Until when the values of these features (indices of the plan) stay what they are as of `asOf`, to the last bit, as
   * long as no event arrives: `finish` answers the same as of any instant from `asOf` to before that one. `asOf`
   * itself where they move all the time.
   */
  settledUntil(timeline: Timeline, asOf: Instant, features: readonly number[]): Instant;
  /** The evidence of each feature's value as of the same instant, in plan order. */
  evidence(timeline: Timeline, asOf: Instant): ValueEvidence[];
}
