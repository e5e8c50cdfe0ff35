/**
 * Definitions as users write them (YAML, JSON through the admin API, TypeScript). These are the shapes of
 * contract.md; libs/registry checks unknown input against them, libs/core/plan compiles them.
 */
export type FeatureType =
  | 'int'
  | 'float'
  | 'string'
  | 'bool'
  | 'timestamp'
  | 'bytes'
  | 'int_list'
  | 'float_list'
  | 'string_list'
  | 'embedding';

export interface Metadata {
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export type JoinKeyType = 'string' | 'int';

export interface EntityDefinition extends Metadata {
  readonly kind: 'Entity';
  readonly name: string;
  readonly joinKeys: readonly { readonly name: string; readonly type: JoinKeyType }[];
  /** Stream partitions of this entity; fixed when it is registered. */
  readonly partitions?: number;
}

export interface SourceDefinition extends Metadata {
  readonly kind: 'Source';
  readonly name: string;
  readonly type: 'stream' | 'push' | 'batch';
  readonly fields: Readonly<Record<string, FeatureType>>;
  readonly timestampField: string;
  readonly idField?: string;
  /** How long event ids are remembered: `1h`. */
  readonly dedupHorizon?: string;
}

/** `1h`, `lifetime`, or one of the structured forms. Durations are strings as parseDuration reads them. */
export type WindowDefinition =
  | string
  | { readonly records: number; readonly within?: string }
  | { readonly tumbling: string; readonly offset?: string }
  | { readonly session: string; readonly longest?: string };

/** `mean`, `p95`, `rate_per_minute`, or a function with an argument: `{ last_k: 5 }`, `{ ewma: 1h }`. */
export type FunctionDefinition = string | Readonly<Record<string, unknown>>;

export interface AggregationDefinition {
  /** The field or derived column that is aggregated; absent for `count` and `rate`. */
  readonly of?: string;
  readonly functions: readonly FunctionDefinition[];
  readonly windows: readonly WindowDefinition[];
  /** CEL: only rows for which this holds. */
  readonly where?: string;
  /** Field or derived column: a map of values per category. */
  readonly by?: string;
  /** The feature's name where one function and one window are given; else it stands for `<field>`. */
  readonly name?: string;
  readonly default?: unknown;
}

export interface DeclaredFeature {
  readonly name: string;
  readonly type: FeatureType;
  readonly default?: unknown;
  readonly dimensions?: number;
  readonly description?: string;
}

export interface FeatureGroupDefinition extends Metadata {
  readonly kind: 'FeatureGroup';
  readonly name: string;
  readonly entity: string;
  readonly source: string;
  /** Join key of the entity to field of the source; absent where the names are the same. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly where?: string;
  readonly derive?: Readonly<Record<string, string>>;
  readonly aggregations?: readonly AggregationDefinition[];
  readonly features?: readonly DeclaredFeature[];
  readonly ttl?: string;
  readonly freshness?: { readonly target: string };
  /** How many tiles before the oldest merge (design.md §2); default 128. */
  readonly budget?: number;
  /** The longest span of a merged tile as a part of its next window; default 1/64. */
  readonly resolution?: number;
}

export interface DerivedFeatureGroupDefinition extends Metadata {
  readonly kind: 'DerivedFeatureGroup';
  readonly name: string;
  readonly inputs: readonly string[];
  readonly requestFields?: Readonly<Record<string, FeatureType>>;
  readonly features: readonly {
    readonly name: string;
    readonly type: FeatureType;
    readonly expression: string;
    readonly default?: unknown;
  }[];
}

export interface FeatureServiceDefinition extends Metadata {
  readonly kind: 'FeatureService';
  readonly name: string;
  /** `group`, `group@version`, `group:feature`, `group@version:feature`. */
  readonly features: readonly string[];
  /** The entity that decides over variants; may be left out where the features belong to one. */
  readonly by?: string;
  /** Entities are split over these by weight, each for good. */
  readonly variants?: readonly VariantDefinition[];
}

export interface VariantDefinition {
  readonly name: string;
  /** The share of the entities that it gets, relative to those of the others; 0 gets none. */
  readonly weight: number;
  /** What it serves; absent: what the service does. */
  readonly features?: readonly string[];
}

export type Definition =
  | EntityDefinition
  | SourceDefinition
  | FeatureGroupDefinition
  | DerivedFeatureGroupDefinition
  | FeatureServiceDefinition;

export type DefinitionKind = Definition['kind'];
