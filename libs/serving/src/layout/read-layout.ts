import type { AggregatedGroupPlan, EntityPlan, GroupEngine, GroupPlan, PlanDocument } from '@millrace/core';
import { stateField } from '@millrace/redis';
import { DerivedGroupReader } from '../derived/derived-group-reader.js';
import { AggregatedGroupReader } from '../groups/aggregated-group-reader.js';
import type { GroupReader, WantedFeature } from '../groups/group-reader.js';
import { PushedGroupReader } from '../groups/pushed-group-reader.js';
import type { HashRead } from '../hash-reads.js';
import type { SelectedFeature } from '../selection/selection.js';
import { elementTypeOf, elementTypeOfFeature, type ElementType } from '../wire/value-json.js';
import { derivedPrograms } from './derived-programs.js';
import { SlotTable, type FeatureKey } from './slot-table.js';

/** One feature of the answer, with all that is known about it before any request. */
export interface OutputFeature extends SelectedFeature {
  /** Index into the event times of a row: first those of the stored groups, then one for each derived feature. */
  readonly timeIndex: number;
  readonly element: ElementType;
  /** How many of the newest events (or rows) its window holds at most, where that is what bounds it. */
  readonly records?: number;
  /** For a derived feature: the features that it was computed from, as references. */
  readonly derivedFrom?: readonly string[];
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
  /** Stored groups, in the order in which the answer names them. */
  readonly groups: readonly GroupReader[];
  /** Derived groups, each after those that it reads. */
  readonly derived: readonly DerivedGroupReader[];
  /** How many event times a row has. */
  readonly times: number;
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
  const slots = new SlotTable(features);
  const programs = derivedPrograms(plan, slots);
  const groups = plan.groups.flatMap((group) => {
    const wanted = slots.wantedOf(group);
    return wanted.length === 0 ? [] : [storedReader(group, wanted, engineOf)];
  });
  const derived: DerivedGroupReader[] = [];
  const timeOf = (key: FeatureKey): number => timeIndexOf(key, groups, derived);
  let times = groups.length;
  for (const { group, program } of programs) {
    derived.push(new DerivedGroupReader(group, program, slots, timeOf, times));
    times += program.features.length;
  }
  return {
    outputs: features.map((selected) => outputOf(selected, timeOf(selected), groups, derived)),
    slots: slots.size,
    groups,
    derived,
    times,
    entities: entitiesOf(plan, groups),
  };
}

function storedReader(group: GroupPlan, wanted: readonly WantedFeature[], engineOf: EngineOf): GroupReader {
  return group.kind === 'aggregated'
    ? new AggregatedGroupReader(engineOf(group), wanted)
    : new PushedGroupReader(group, wanted);
}

/** @throws where neither a stored nor a derived group of these has the feature. */
function timeIndexOf(
  { group, version, feature }: FeatureKey,
  groups: readonly GroupReader[],
  derived: readonly DerivedGroupReader[],
): number {
  const wanted = stateField({ name: group, version });
  const stored = groups.findIndex(({ field }) => field === wanted);
  if (stored >= 0) return stored;
  const reader = derived.find(({ field }) => field === wanted);
  if (!reader) throw new Error(`no group ${wanted} in the plan`);
  return reader.firstTime + reader.positionOf(feature);
}

function outputOf(
  selected: SelectedFeature,
  timeIndex: number,
  groups: readonly GroupReader[],
  derived: readonly DerivedGroupReader[],
): OutputFeature {
  const wanted = stateField({ name: selected.group, version: selected.version });
  const reader = derived.find(({ field }) => field === wanted);
  if (reader) {
    const derivedFrom = reader.inputsOf(selected.feature);
    return { ...selected, timeIndex, element: reader.elementOf(selected.feature), derivedFrom };
  }
  return { ...selected, timeIndex, ...storedOutput(groups[timeIndex]?.plan, selected.feature) };
}

function storedOutput(
  group: GroupPlan | undefined,
  name: string,
): Pick<OutputFeature, 'element' | 'records'> {
  if (group?.kind === 'aggregated') {
    const feature = group.features.find((candidate) => candidate.name === name);
    const window = feature && group.windows[feature.window];
    const records = window?.kind === 'records' ? { records: window.count } : {};
    if (feature) return { element: elementTypeOfFeature(feature, group), ...records };
  }
  const declared = group?.kind === 'pushed' && group.features.find((candidate) => candidate.name === name);
  if (!declared) throw new Error(`no feature ${name} in the plan`);
  // A pushed value is that of the newest row.
  return { element: elementTypeOf(declared.type), records: 1 };
}

/** Groups of one entity share its hashes: one command reads all window states, another all pushed rows. */
function entitiesOf(plan: PlanDocument, groups: readonly GroupReader[]): EntityLayout[] {
  const indexed = groups.map((reader, index) => ({ reader, index }));
  return plan.entities
    .map((entity): EntityLayout => {
      const own = indexed.filter(({ reader }) => reader.plan.entity === entity.name);
      const hashes = (['actor', 'pushed'] as const).map((kind): HashLayout => {
        const held = own.filter(({ reader }) => (reader.plan.kind === 'pushed') === (kind === 'pushed'));
        return { kind, fields: held.map(({ reader }) => reader.field), groups: held };
      });
      return { entity, hashes: hashes.filter((hash) => hash.groups.length > 0) };
    })
    .filter((layout) => layout.hashes.length > 0);
}
