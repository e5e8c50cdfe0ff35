import type { Definition } from '@millrace/core';
import type { Member } from './member.js';
import type { Typed } from './typed.js';

/** What reading some features takes and gives. */
export interface ReadTypes {
  /** Join keys of every entity that the features belong to. */
  readonly row: object;
  /** What derived features need of the request. */
  readonly request: object;
  readonly features: object;
  /** Events of the sources behind them, by source. */
  readonly sources: object;
}

/** Features that a service may serve and a derived group may read: all of a group, one of them, or a version. */
export interface FeatureSet<T extends ReadTypes = ReadTypes> extends Typed<T> {
  /** `group`, `group@2`, `group:feature` or `group@2:feature` */
  readonly reference: string;
  readonly group: Member;
}

/** A feature group, aggregated, pushed or derived, and ways to refer to parts of it. */
export interface GroupOf<D extends Definition, T extends ReadTypes> extends FeatureSet<T>, Member<D> {
  /** One feature of the group. */
  feature<Name extends keyof T['features'] & string>(
    name: Name,
  ): FeatureSet<Omit<T, 'features'> & { readonly features: Pick<T['features'], Name> }>;
  /** The group pinned to a version; its features must be those of that version. */
  at(version: number): FeatureSet<T>;
}

export function groupOf<D extends Definition, T extends ReadTypes>(
  definition: D,
  needs: readonly Member[],
): GroupOf<D, T> {
  const { name } = definition;
  const member: Member<D> = { definition, needs };
  return {
    ...member,
    reference: name,
    group: member,
    feature: (feature) => ({ reference: `${name}:${feature}`, group: member }),
    at: (version) => ({ reference: `${name}@${version}`, group: member }),
  };
}
