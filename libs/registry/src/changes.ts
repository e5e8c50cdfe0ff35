/**
 * What an apply would do: a pure decision over what is registered and what is asked for. `plan` shows it and
 * `apply` writes it, so that they cannot differ.
 */
import {
  compilePlan,
  PARTITIONS_DEFAULT,
  type Definition,
  type DefinitionFault,
  type DefinitionOutline,
  type PlanDocument,
  type RegisteredDefinition,
} from '@millrace/core';
import {
  changedVersionFaults,
  duplicateFaults,
  explainRemoval,
  immutabilityFaults,
} from './change-faults.js';
import { changeSetOf, type ChangeDraft, type ChangeSet } from './change-set.js';
import { meaningOf } from './definition-meaning.js';
import type { RegistryState } from './registry-state.js';
import { keyOf, type Subject } from './subject.js';

export type Decision =
  | { readonly kind: 'refused'; readonly faults: readonly DefinitionFault[] }
  | {
      readonly kind: 'accepted';
      readonly changes: ChangeSet;
      /** What is registered afterwards. */
      readonly after: readonly RegisteredDefinition[];
      readonly document: PlanDocument;
    };

/** Which definitions go: those named, or (`prune`) all that the given set does not hold. */
export type Removal =
  { readonly prune: true } | { readonly prune: false; readonly remove: readonly Subject[] };

export const KEEP_ALL: Removal = { prune: false, remove: [] };

/** @param malformed definitions of the set that have no right form: they neither go nor stay as they are, and nothing is accepted. */
export function decideChanges(
  state: RegistryState,
  desired: readonly Definition[],
  removal: Removal,
  malformed: readonly DefinitionOutline[] = [],
): Decision {
  const faults = duplicateFaults(desired);
  const before = new Map(state.current.map((registered) => [keyOf(registered.definition), registered]));
  const wanted = new Map(desired.map((definition) => [keyOf(definition), settled(definition, before)]));
  faults.push(...immutabilityFaults(before, wanted));
  const given = new Set([...wanted.keys(), ...malformed.map(keyOf)]);
  const removed = state.current.filter(({ definition }) => isRemoved(definition, given, removal));
  const kept = state.current.filter(
    (registered) => !removed.includes(registered) && !given.has(keyOf(registered.definition)),
  );

  // With the versions as they are: shows faults, and which compiled groups would come out different.
  const tentative = [...wanted.values()].map((definition) => ({
    definition,
    version: before.get(keyOf(definition))?.version ?? nextVersion(state, definition),
  }));
  const removedKeys = new Set(removed.map(({ definition }) => keyOf(definition)));
  const olderVersions = state.history.filter(
    ({ definition, version }) =>
      !removedKeys.has(keyOf(definition)) && (before.get(keyOf(definition))?.version ?? 0) > version,
  );
  const revision = state.revision + 1;
  const candidate = compilePlan(revision, [...kept, ...tentative, ...olderVersions], new Map(), malformed);
  faults.push(...candidate.faults.map((fault) => explainRemoval(fault, removed)));
  if (faults.length + malformed.length > 0) return { kind: 'refused', faults };

  const previous = compilePlan(state.revision, [...state.current, ...olderVersions]).plan;
  const after: RegisteredDefinition[] = [];
  const superseded: RegisteredDefinition[] = [];
  const drafts: ChangeDraft[] = [];
  for (const registered of [...kept, ...tentative]) {
    const { definition, version } = registered;
    const old = before.get(keyOf(definition));
    const isNewVersion =
      old !== undefined && meaningOf(old, previous) !== meaningOf(registered, candidate.plan);
    const settledVersion = isNewVersion ? nextVersion(state, definition) : version;
    if (isNewVersion) superseded.push(old);
    after.push({ definition, version: settledVersion });
    drafts.push({ definition, old, version: settledVersion, isAsked: wanted.has(keyOf(definition)) });
  }
  const settledPlan = compilePlan(revision, [...after, ...superseded, ...olderVersions]);
  const document = settledPlan.plan;
  const late = [...settledPlan.faults, ...changedVersionFaults(previous, document)];
  if (late.length > 0) return { kind: 'refused', faults: late };
  return { kind: 'accepted', changes: changeSetOf(drafts, removed, previous, document), after, document };
}

function isRemoved(definition: Definition, given: ReadonlySet<string>, removal: Removal): boolean {
  const key = keyOf(definition);
  if (given.has(key)) return false;
  return removal.prune || removal.remove.some((subject) => keyOf(subject) === key);
}

/** After a removal and a new registration a name goes on counting: old state must not come back to life. */
function nextVersion(state: RegistryState, definition: Definition): number {
  const versions = state.history
    .filter((registered) => keyOf(registered.definition) === keyOf(definition))
    .map(({ version }) => version);
  return Math.max(0, ...versions) + 1;
}

/**
 * An entity that says nothing of partitions keeps those that it was registered with; a new one gets the
 * default, written down, so that another default of a later release does not move its entities.
 */
function settled(definition: Definition, before: ReadonlyMap<string, RegisteredDefinition>): Definition {
  if (definition.kind !== 'Entity' || definition.partitions !== undefined) return definition;
  const old = before.get(keyOf(definition))?.definition;
  const registered = old?.kind === 'Entity' ? old.partitions : undefined;
  return { ...definition, partitions: registered ?? PARTITIONS_DEFAULT };
}
