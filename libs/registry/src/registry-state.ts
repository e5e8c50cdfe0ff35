import { compilePlan, type PlanDocument, type RegisteredDefinition } from '@millrace/core';
import { keyOf, type Subject } from './subject.js';

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

/** A version of a definition. */
export interface SubjectVersion extends Subject {
  readonly version: number;
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
export function catchingUp({ current, caughtUp }: RegistryState): readonly SubjectVersion[] {
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
