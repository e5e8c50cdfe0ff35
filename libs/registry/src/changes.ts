/**
 * What an apply would do: a pure decision over what is registered and what is asked for. `plan` shows it and
 * `apply` writes it, so that they cannot differ.
 */
import {
  compilePlan,
  PARTITIONS_DEFAULT,
  parseFeatureReference,
  type Definition,
  type DefinitionFault,
  type DefinitionKind,
  type DefinitionOutline,
  type GroupPlan,
  type PlanDocument,
  type RegisteredDefinition,
} from '@millrace/core';
import { canonicalJson, differencesOf } from './definition-differences.js';

/** The registry as it stands. */
export interface RegistryState {
  readonly revision: number;
  /** The newest version of everything that is registered. */
  readonly current: readonly RegisteredDefinition[];
  /** All versions of all names, also of removed ones. */
  readonly history: readonly RegisteredDefinition[];
  /** Versions of feature groups that have caught up, as `group@version`. */
  readonly caughtUp: ReadonlySet<string>;
}

export interface Subject {
  readonly kind: DefinitionKind;
  readonly name: string;
}

export interface Created extends Subject {
  readonly version: number;
}

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

export interface Unchanged extends Subject {
  readonly version: number;
}

export interface Removed extends Subject {
  readonly version: number;
}

export interface ChangeSet {
  readonly created: readonly Created[];
  readonly changed: readonly Changed[];
  readonly unchanged: readonly Unchanged[];
  readonly removed: readonly Removed[];
}

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
  return { kind: 'accepted', changes: describe(drafts, removed, previous, document), after, document };
}

/** The plan of what is registered, for publishing it again. */
export function documentOf(state: RegistryState): PlanDocument {
  const newest = new Map(state.current.map(({ definition, version }) => [keyOf(definition), version]));
  const older = state.history.filter(
    ({ definition, version }) => version < (newest.get(keyOf(definition)) ?? 0),
  );
  return compilePlan(state.revision, [...state.current, ...older], servedVersions(state)).plan;
}

/** The newest versions of groups that have not caught up yet. */
export function catchingUp({ current, caughtUp }: RegistryState): readonly Unchanged[] {
  return current.flatMap(({ definition: { kind, name }, version }) =>
    kind === 'FeatureGroup' && !caughtUp.has(`${name}@${version}`) ? [{ kind, name, version }] : [],
  );
}

/** By name: the version that is served while the newest one catches up; none for a group that is new. */
function servedVersions(state: RegistryState): Map<string, number> {
  const served = new Map<string, number>();
  for (const { name, version } of catchingUp(state)) {
    const before = state.history
      .filter(({ definition }) => definition.kind === 'FeatureGroup' && definition.name === name)
      .map((registered) => registered.version)
      .filter((older) => older < version && state.caughtUp.has(`${name}@${older}`));
    if (before.length > 0) served.set(name, Math.max(...before));
  }
  return served;
}

const keyOf = ({ kind, name }: Subject): string => `${kind}/${name}`;

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

function duplicateFaults(desired: readonly Definition[]): DefinitionFault[] {
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
function immutabilityFaults(
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
function changedVersionFaults(previous: PlanDocument, document: PlanDocument): DefinitionFault[] {
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
function explainRemoval(fault: DefinitionFault, removed: readonly RegisteredDefinition[]): DefinitionFault {
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

/**
 * What makes two versions different. Of groups and sources it is the compiled plan, because that is what state
 * is built by: a group changes its meaning with a type of its source, and keeps it when only the way of
 * writing changes. Derived groups and services follow the newest of what they name: theirs is the text.
 */
function meaningOf({ definition, version }: RegisteredDefinition, plan: PlanDocument): string {
  switch (definition.kind) {
    case 'Entity':
      return '';
    case 'Source': {
      const source = plan.sources.find(({ name }) => name === definition.name);
      // How long ids are remembered changes nothing of what features mean.
      return canonicalJson({ ...source, version: 0, dedupHorizonMs: 0 });
    }
    case 'FeatureGroup': {
      const group = plan.groups.find((known) => known.name === definition.name && known.version === version);
      return groupMeaning(group);
    }
    default:
      return canonicalJson(withoutMetadata(definition));
  }
}

const groupMeaning = (group: GroupPlan | undefined): string =>
  canonicalJson({ ...group, version: 0, freshnessTargetMs: 0 });

function withoutMetadata(definition: Definition): object {
  const { description: _description, owner: _owner, tags: _tags, ...meaning } = definition;
  return meaning;
}

interface ChangeDraft {
  readonly definition: Definition;
  readonly old: RegisteredDefinition | undefined;
  readonly version: number;
  /** False where it is not among the desired ones: it may still change, with its source. */
  readonly isAsked: boolean;
}

function describe(
  drafts: readonly ChangeDraft[],
  removed: readonly RegisteredDefinition[],
  previous: PlanDocument,
  document: PlanDocument,
): ChangeSet {
  const created: Created[] = [];
  const changed: Changed[] = [];
  const unchanged: Unchanged[] = [];
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
