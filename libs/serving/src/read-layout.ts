import {
  MillraceError,
  type AggregatedGroupPlan,
  type EntityPlan,
  type GroupEngine,
  type PlanDocument,
} from '@millrace/core';
import { stateField } from '@millrace/redis';
import { AggregatedGroupReader } from './groups/aggregated-group-reader.js';
import type { GroupReader, WantedFeature } from './groups/group-reader.js';
import type { HashRead } from './hash-reads.js';
import type { SelectedFeature } from './selection/selection.js';
import { elementTypeOfFeature, valueWriterOf, type ValueWriter } from './wire/value-json.js';

/** One feature of the answer, with all that is known about it before any request. */
export interface OutputFeature extends SelectedFeature {
  /** Index into `ReadLayout.groups`: whose event time and version the value carries. */
  readonly groupIndex: number;
  readonly write: ValueWriter;
}

/** One hash of an entity, and the groups that lie in it. */
export interface HashLayout {
  readonly kind: HashRead['kind'];
  readonly fields: readonly string[];
  readonly groups: readonly { readonly reader: GroupReader; readonly index: number }[];
}

/** One entity that the features belong to: each request row names one of it by its join keys. */
export interface EntityLayout {
  readonly entity: EntityPlan;
  readonly hashes: readonly HashLayout[];
}

/** Everything about a read that can be decided when the plan loads. */
export interface ReadLayout {
  readonly outputs: readonly OutputFeature[];
  readonly slots: number;
  readonly groups: readonly GroupReader[];
  readonly entities: readonly EntityLayout[];
}

/** Makes the engine of a group; the plan keeps one per group version. */
export type EngineOf = (group: AggregatedGroupPlan) => GroupEngine;

/** Lays out the reads of a selection of features. */
export function layOut(
  plan: PlanDocument,
  features: readonly SelectedFeature[],
  engineOf: EngineOf,
): ReadLayout {
  const wanted = new Map<string, WantedFeature[]>();
  for (const [slot, selected] of features.entries()) {
    const field = stateField({ name: selected.group, version: selected.version });
    const group = groupPlanOf(plan, field);
    const feature = group.features.findIndex((candidate) => candidate.name === selected.feature);
    wanted.set(field, [...(wanted.get(field) ?? []), { feature, slot }]);
  }
  const groups = [...wanted].map(([field, slots]): GroupReader => {
    const group = groupPlanOf(plan, field);
    return new AggregatedGroupReader(engineOf(group), slots);
  });
  return {
    outputs: features.map((selected) => outputOf(plan, selected, [...wanted.keys()])),
    slots: features.length,
    groups,
    entities: entitiesOf(plan, groups),
  };
}

function outputOf(plan: PlanDocument, selected: SelectedFeature, fields: readonly string[]): OutputFeature {
  const field = stateField({ name: selected.group, version: selected.version });
  const group = groupPlanOf(plan, field);
  const feature = group.features.find((candidate) => candidate.name === selected.feature);
  if (!feature) throw new Error(`plan ${plan.revision}: ${field} has no feature ${selected.feature}`);
  return {
    ...selected,
    groupIndex: fields.indexOf(field),
    write: valueWriterOf(elementTypeOfFeature(feature, group)),
  };
}

function groupPlanOf(plan: PlanDocument, field: string): AggregatedGroupPlan {
  const group = plan.groups.find((candidate) => stateField(candidate) === field);
  if (group?.kind === 'aggregated') return group;
  throw new MillraceError('NOT_READY', `feature group ${field} is not served by this release yet`);
}

/** Groups of one entity share a hash: one command reads them all. */
function entitiesOf(plan: PlanDocument, groups: readonly GroupReader[]): EntityLayout[] {
  return plan.entities
    .map((entity) => {
      const own = groups
        .map((reader, index) => ({ reader, index }))
        .filter(({ reader }) => reader.plan.entity === entity.name);
      const hashes: HashLayout[] = (['actor'] as const)
        .map((kind) => ({ kind, fields: own.map(({ reader }) => reader.field), groups: own }))
        .filter((hash) => hash.groups.length > 0);
      return { entity, hashes };
    })
    .filter((layout) => layout.hashes.length > 0);
}
