/**
 * The plan: the registry's definitions, resolved and numbered, as plain JSON. It is stored under one Redis
 * key; every process compiles it into validators, expressions and engines when it changes. Everything that
 * can be decided once per plan is decided here, so that nothing is decided per event.
 */
import type { DurationMs } from '../time.js';
import type { FeatureType, JoinKeyType } from '../definitions/definitions.js';

export interface PlanDocument {
  /** Grows with every change of the registry. */
  readonly revision: number;
  readonly entities: readonly EntityPlan[];
  readonly sources: readonly SourcePlan[];
  /** Every live version of every group: the newest, and older ones that a service still pins. */
  readonly groups: readonly GroupPlan[];
  readonly derivedGroups: readonly DerivedGroupPlan[];
  readonly services: readonly ServicePlan[];
}

export interface EntityPlan {
  readonly name: string;
  readonly joinKeys: readonly { readonly name: string; readonly type: JoinKeyType }[];
  readonly partitions: number;
}

export interface SourcePlan {
  readonly name: string;
  readonly version: number;
  readonly type: 'stream' | 'push' | 'batch';
  readonly fields: readonly { readonly name: string; readonly type: FeatureType }[];
  readonly timestampField: string;
  readonly idField?: string;
  /** How long event ids are remembered; absent: as long as the processes are told. */
  readonly dedupHorizonMs?: DurationMs;
}

export type GroupPlan = AggregatedGroupPlan | PushedGroupPlan;

interface GroupPlanBase {
  readonly name: string;
  readonly version: number;
  readonly entity: string;
  readonly source: string;
  /** Fields of the source that hold the join keys, in the entity's order. */
  readonly keyFields: readonly string[];
  readonly ttlMs?: DurationMs;
  readonly freshnessTargetMs?: DurationMs;
}

export interface PushedGroupPlan extends GroupPlanBase {
  readonly kind: 'pushed';
  readonly features: readonly {
    readonly name: string;
    readonly type: FeatureType;
    readonly default?: unknown;
    readonly dimensions?: number;
  }[];
}

export interface AggregatedGroupPlan extends GroupPlanBase {
  readonly kind: 'aggregated';
  /** CEL over the source's fields: only rows for which it holds reach the group. */
  readonly where?: string;
  /** Derived columns in order of evaluation; a later one may use an earlier one. */
  readonly derive: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly expression: string;
  }[];
  /** The columns that aggregations read (fields or derived columns), each once. */
  readonly inputs: readonly InputPlan[];
  /** The distinct row filters (CEL) of single aggregations, each once. */
  readonly filters: readonly string[];
  readonly windows: readonly WindowPlan[];
  readonly features: readonly AggregatedFeaturePlan[];
  readonly budget: number;
  readonly resolution: number;
}

/** What a column may hold. `list` stands for the list types, bytes and embeddings: carried, not aggregated. */
export type ColumnType = 'int' | 'float' | 'bool' | 'timestamp' | 'string' | 'list';

export interface InputPlan {
  readonly name: string;
  readonly type: ColumnType;
}

export type WindowPlan =
  | { readonly kind: 'sliding'; readonly lengthMs: DurationMs }
  | { readonly kind: 'records'; readonly count: number; readonly withinMs?: DurationMs }
  | { readonly kind: 'lifetime' }
  | { readonly kind: 'tumbling'; readonly lengthMs: DurationMs; readonly offsetMs: DurationMs }
  | { readonly kind: 'session'; readonly gapMs: DurationMs; readonly longestMs: DurationMs };

/** One aggregation function with its arguments. Columns are indices into the group's `inputs`. */
export type FunctionPlan =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'mean' | 'min' | 'max' | 'first' | 'last' | 'distinct_count' | 'entropy' }
  | { readonly kind: 'variance' | 'stddev'; readonly population: boolean }
  | { readonly kind: 'skew' | 'kurtosis' }
  | { readonly kind: 'first_k' | 'last_k' | 'last_distinct_k' | 'top_k'; readonly k: number }
  | { readonly kind: 'quantile'; readonly q: number }
  | { readonly kind: 'histogram'; readonly edges: readonly number[] }
  | { readonly kind: 'rate'; readonly perMs: DurationMs }
  | { readonly kind: 'seconds_since_last' }
  | { readonly kind: 'ewma'; readonly halfLifeMs: DurationMs }
  | { readonly kind: 'min_by' | 'max_by'; readonly by: number }
  | { readonly kind: 'ratio'; readonly to: number };

export interface AggregatedFeaturePlan {
  readonly name: string;
  readonly type: FeatureType | 'map';
  readonly function: FunctionPlan;
  /** Index into `inputs`; absent where the function aggregates rows, not values. */
  readonly input?: number;
  /** Index into `filters`. */
  readonly filter?: number;
  /** Index into `inputs`: the category column of a map. */
  readonly by?: number;
  /** Index into `windows`. */
  readonly window: number;
  readonly default?: unknown;
}

export interface DerivedGroupPlan {
  readonly name: string;
  readonly version: number;
  readonly inputs: readonly { readonly group: string; readonly version: number }[];
  readonly requestFields: readonly { readonly name: string; readonly type: FeatureType }[];
  readonly features: readonly {
    readonly name: string;
    readonly type: FeatureType;
    readonly expression: string;
    readonly default?: unknown;
  }[];
}

export interface ServicePlan {
  readonly name: string;
  readonly version: number;
  /** Resolved: one entry per served feature, in the order of the answer; with a split, what any variant serves. */
  readonly features: readonly ServedFeature[];
  /** Absent where all entities are served the same. */
  readonly split?: SplitPlan;
}

export interface ServedFeature {
  readonly group: string;
  readonly version: number;
  readonly feature: string;
}

/** How a service splits entities over variants: see VariantSplit. */
export interface SplitPlan {
  /** The entity whose id decides. */
  readonly by: string;
  readonly variants: readonly VariantPlan[];
}

export interface VariantPlan {
  readonly name: string;
  /** Not below 0; one at least is above. */
  readonly weight: number;
  readonly features: readonly ServedFeature[];
}
