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

/** All features of a group, or of a version of it. */
export interface WholeGroup<T extends ReadTypes> extends FeatureSet<T> {
  /** One feature of the group. */
  feature<Name extends keyof T['features'] & string>(
    name: Name,
  ): FeatureSet<Omit<T, 'features'> & { readonly features: Pick<T['features'], Name> }>;
}

/** A feature group, aggregated, pushed or derived, and ways to refer to parts of it. */
export interface GroupOf<D extends Definition, T extends ReadTypes> extends WholeGroup<T>, Member<D> {
  /** The group pinned to a version; its features must be those of that version. */
  at(version: number): WholeGroup<T>;
}

export function groupOf<D extends Definition, T extends ReadTypes>(
  definition: D,
  needs: readonly Member[],
): GroupOf<D, T> {
  const { name } = definition;
  const member: Member<D> = { definition, needs };
  const whole = (reference: string): WholeGroup<T> => ({
    reference,
    group: member,
    feature: (feature) => ({ reference: `${reference}:${feature}`, group: member }),
  });
  return { ...member, ...whole(name), at: (version) => whole(`${name}@${version}`) };
}
