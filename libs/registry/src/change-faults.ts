/** Why a set of definitions cannot follow the one before, though each of them is well-formed. */
import {
  PARTITIONS_DEFAULT,
  parseFeatureReference,
  type Definition,
  type DefinitionFault,
  type PlanDocument,
  type RegisteredDefinition,
} from '@millrace/core';
import { canonicalJson } from './definition-differences.js';
import { groupMeaning } from './definition-meaning.js';
import { keyOf } from './subject.js';

export function duplicateFaults(desired: readonly Definition[]): DefinitionFault[] {
  const seen = new Set<string>();
  return desired.flatMap((definition) => {
    const key = keyOf(definition);
    const { kind, name } = definition;
    const isTwice = seen.has(key);
    seen.add(key);
    if (!isTwice) return [];
    return [
      { kind, name, at: [], code: 'DUPLICATE' as const, message: `${key} is there twice`, found: name },
    ];
  });
}

/** Entity ids hash to partitions, and join keys are what they are made of: neither can change under state. */
export function immutabilityFaults(
  before: ReadonlyMap<string, RegisteredDefinition>,
  wanted: ReadonlyMap<string, Definition>,
): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  for (const [key, definition] of wanted) {
    const old = before.get(key)?.definition;
    if (definition.kind !== 'Entity' || old?.kind !== 'Entity') continue;
    const place = { kind: definition.kind, name: definition.name, code: 'IMMUTABLE' as const };
    const registered = old.partitions ?? PARTITIONS_DEFAULT;
    const asked = definition.partitions ?? PARTITIONS_DEFAULT;
    if (asked !== registered)
      faults.push({
        ...place,
        at: ['partitions'],
        message: `the partitions of a registered entity cannot change: ${registered} are registered, got ${asked}`,
        found: asked,
        allowed: [String(registered)],
      });
    if (canonicalJson(old.joinKeys) !== canonicalJson(definition.joinKeys))
      faults.push({
        ...place,
        at: ['joinKeys'],
        message: 'the join keys of a registered entity cannot change: register an entity under another name',
        found: definition.joinKeys,
        allowed: old.joinKeys.map(({ name, type }) => `${name}: ${type}`),
      });
  }
  return faults;
}

/** A version that is pinned is compiled against the source as it is now, and must not come out another one. */
export function changedVersionFaults(previous: PlanDocument, document: PlanDocument): DefinitionFault[] {
  return document.groups.flatMap((group) => {
    const { name, version } = group;
    const old = previous.groups.find((known) => known.name === name && known.version === version);
    if (old === undefined || groupMeaning(old) === groupMeaning(group)) return [];
    return [
      {
        kind: 'Source' as const,
        name: group.source,
        at: ['fields'],
        code: 'IN_USE' as const,
        message: `the change would change ${name}@${version}, which is pinned: let its services follow a newer version`,
        found: `${name}@${version}`,
      },
    ];
  });
}

/** A name that is missing because this very change removes it is told as that. */
export function explainRemoval(
  fault: DefinitionFault,
  removed: readonly RegisteredDefinition[],
): DefinitionFault {
  if (fault.code !== 'UNKNOWN_NAME' || typeof fault.found !== 'string') return fault;
  const name = parseFeatureReference(fault.found)?.group ?? fault.found;
  const gone = removed.find(({ definition }) => definition.name === name);
  if (!gone) return fault;
  const { kind } = gone.definition;
  return {
    kind: fault.kind,
    name: fault.name,
    at: fault.at,
    code: 'IN_USE',
    message: `${kind}/${name} cannot be removed: ${fault.kind}/${fault.name} depends on it`,
    found: fault.found,
  };
}
