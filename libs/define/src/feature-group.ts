import type { FeatureGroupDefinition, FeatureType, Metadata } from '@millrace/core';
import type { AggregationOf, FeaturesOf } from './aggregations.js';
import type { ColumnsOf, DerivedColumns } from './columns.js';
import type { Entity } from './entity.js';
import { groupOf, type GroupOf } from './feature-set.js';
import type { KeysClause } from './join-keys.js';
import { metadataOf } from './member.js';
import type { Source } from './source.js';
import type { None, TypesOf } from './typed.js';
import type { Served } from './values.js';
import type { Duration } from './windows.js';

interface GroupShape<E extends Entity, S extends Source> extends Metadata {
  readonly name: string;
  readonly entity: E;
  readonly source: S;
  /** How far back a value may be taken, from the instant of the read. */
  readonly ttl?: Duration;
  readonly freshness?: { readonly target: Duration };
}

export interface AggregatedGroupShape<
  E extends Entity,
  S extends Source,
  Derive extends DerivedColumns,
  Aggregations,
> extends GroupShape<E, S> {
  /** CEL: only events for which this holds. */
  readonly where?: string;
  readonly derive?: Derive;
  readonly aggregations: Aggregations;
  /** Tiles before the oldest merge; default 128. */
  readonly budget?: number;
  /** The longest span of a merged tile as a part of its window; default 1/64. */
  readonly resolution?: number;
}

type GroupTypes<E extends Entity, S extends Source, Features> = {
  readonly row: TypesOf<E>['row'];
  readonly request: object;
  readonly features: Features;
  readonly sources: TypesOf<S>['sources'];
};

export type FeatureGroup<E extends Entity, S extends Source, Features extends object> = GroupOf<
  FeatureGroupDefinition,
  GroupTypes<E, S, Features>
>;

/** Windows over the events of a stream source, per entity. */
export function aggregatedGroup<
  E extends Entity,
  S extends Source<string, Readonly<Record<string, FeatureType>>, 'stream'>,
  const Aggregations extends readonly AggregationOf<ColumnsOf<S['fields'], Derive>>[],
  const Derive extends DerivedColumns = None,
>(
  shape: AggregatedGroupShape<E, S, Derive, Aggregations> & KeysClause<E, S>,
): FeatureGroup<E, S, FeaturesOf<Aggregations, ColumnsOf<S['fields'], Derive>>> {
  const { where, derive, budget, resolution } = shape;
  return groupOf(
    {
      ...groupDefinition(shape),
      ...(where !== undefined && { where }),
      ...(derive !== undefined && { derive: expressionsOf(derive) }),
      aggregations: shape.aggregations,
      ...(budget !== undefined && { budget }),
      ...(resolution !== undefined && { resolution }),
    },
    [shape.entity, shape.source],
  );
}

interface DeclaredFeature {
  readonly name: string;
  readonly type: FeatureType;
  readonly default?: unknown;
  /** Of an embedding. */
  readonly dimensions?: number;
  readonly description?: string;
}

type DeclaredFeatures<F extends readonly DeclaredFeature[]> = {
  readonly [Feature in F[number] as Feature['name']]: Served<Feature['type']> | null;
};

export interface PushedGroupShape<
  E extends Entity,
  S extends Source,
  Features extends readonly DeclaredFeature[],
> extends GroupShape<E, S> {
  readonly features: Features;
}

/** Values that are pushed or loaded, not aggregated. */
export function pushedGroup<
  E extends Entity,
  S extends Source,
  const Features extends readonly DeclaredFeature[],
>(
  shape: PushedGroupShape<E, S, Features> & KeysClause<E, S>,
): FeatureGroup<E, S, DeclaredFeatures<Features>> {
  return groupOf({ ...groupDefinition(shape), features: shape.features }, [shape.entity, shape.source]);
}

function groupDefinition(shape: GroupShape<Entity, Source>): FeatureGroupDefinition {
  const { name, entity, source, ttl, freshness } = shape;
  const { keys } = shape as { readonly keys?: Readonly<Record<string, string>> };
  return {
    kind: 'FeatureGroup',
    name,
    entity: entity.definition.name,
    source: source.name,
    ...(keys !== undefined && { keys }),
    ...(ttl !== undefined && { ttl }),
    ...(freshness !== undefined && { freshness }),
    ...metadataOf(shape),
  };
}

function expressionsOf(derive: DerivedColumns): Readonly<Record<string, string>> {
  const columns = Object.entries(derive);
  return Object.fromEntries(
    columns.map(([name, column]) => [name, typeof column === 'string' ? column : column.expression]),
  );
}
