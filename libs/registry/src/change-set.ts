/** What an apply changes, told for people. */
import type { Definition, PlanDocument, RegisteredDefinition } from '@millrace/core';
import { differencesOf } from './definition-differences.js';
import type { SubjectVersion } from './registry-state.js';
import type { Subject } from './subject.js';

export interface Changed extends Subject {
  readonly from: number;
  /** The same as `from` where only description, owner, tags or the freshness target change. */
  readonly to: number;
  readonly inPlace: boolean;
  readonly reasons: readonly string[];
  /** Services that serve the new version from now on. */
  readonly services: readonly string[];
  /** What becomes of state that entities hold. */
  readonly effect: string;
}

export interface ChangeSet {
  readonly created: readonly SubjectVersion[];
  readonly changed: readonly Changed[];
  readonly unchanged: readonly SubjectVersion[];
  readonly removed: readonly SubjectVersion[];
}

/** One definition before and after. */
export interface ChangeDraft {
  readonly definition: Definition;
  readonly old: RegisteredDefinition | undefined;
  readonly version: number;
  /** False where it is not among the desired ones: it may still change, with its source. */
  readonly isAsked: boolean;
}

export function changeSetOf(
  drafts: readonly ChangeDraft[],
  removed: readonly RegisteredDefinition[],
  previous: PlanDocument,
  document: PlanDocument,
): ChangeSet {
  const created: SubjectVersion[] = [];
  const changed: Changed[] = [];
  const unchanged: SubjectVersion[] = [];
  for (const { definition, old, version, isAsked } of drafts) {
    const { kind, name } = definition;
    if (!old) {
      created.push({ kind, name, version });
      continue;
    }
    const reasons = differencesOf(old.definition, definition);
    if (old.version === version && reasons.length === 0) {
      if (isAsked) unchanged.push({ kind, name, version });
      continue;
    }
    changed.push({
      kind,
      name,
      from: old.version,
      to: version,
      inPlace: old.version === version,
      reasons: reasons.length > 0 ? reasons : sourceReasons(definition, previous, document),
      services: servicesOf(document, name, version),
      effect: effectOf(definition, old.version, version, document),
    });
  }
  return {
    created,
    changed,
    unchanged,
    removed: removed.map(({ definition: { kind, name }, version }) => ({ kind, name, version })),
  };
}

/** A group whose text is the same changed because its source did. */
function sourceReasons(definition: Definition, previous: PlanDocument, document: PlanDocument): string[] {
  if (definition.kind !== 'FeatureGroup') return [];
  const fieldsOf = (plan: PlanDocument): unknown => {
    const fields = plan.sources.find(({ name }) => name === definition.source)?.fields ?? [];
    return Object.fromEntries(fields.map(({ name, type }) => [name, type]));
  };
  return differencesOf(fieldsOf(previous), fieldsOf(document)).map(
    (line) => `source ${definition.source}: field ${line}`,
  );
}

function servicesOf(document: PlanDocument, group: string, version: number): string[] {
  return document.services
    .filter(({ features }) =>
      features.some((feature) => feature.group === group && feature.version === version),
    )
    .map(({ name }) => name);
}

function effectOf(definition: Definition, from: number, to: number, document: PlanDocument): string {
  if (from === to) return 'changes in place; state and values stay';
  if (definition.kind === 'FeatureService' && definition.variants !== undefined)
    return `version ${to} takes over from version ${from}; entities move only to variants whose weight grows, and from those whose weight falls`;
  if (definition.kind !== 'FeatureGroup') return `version ${to} takes over from version ${from}`;
  const isPinned = document.groups.some(({ name, version }) => name === definition.name && version === from);
  const fate = isPinned ? 'goes on, because it is pinned' : 'is computed until then';
  return `version ${to} catches up with what the streams hold, and is served from then on; version ${from} ${fate}`;
}
