import type { Definition } from '@millrace/core';
import type { ServedFeatures } from './feature-service.js';
import type { Member } from './member.js';
import type { Flat, IntersectionOf, Typed, TypesOf } from './typed.js';

type ServicesOf<M extends Member> = {
  readonly [Service in Extract<M, ServedFeatures> as TypesOf<Service>['name']]: Pick<
    TypesOf<Service>,
    'row' | 'request' | 'features'
  >;
};

type SourcesOf<M extends Member> =
  TypesOf<M> extends infer T ? (T extends { readonly sources: infer S } ? S : never) : never;

/** What a client may read and send, by service and by source. */
type CatalogTypes<M extends Member> = {
  readonly services: ServicesOf<M>;
  readonly sources: Flat<IntersectionOf<SourcesOf<M>>>;
};

export interface Repository<Catalog = unknown> extends Typed<Catalog> {
  /** What YAML would say, what is referred to before what refers to it. */
  readonly definitions: readonly Definition[];
}

/** The type parameter of a typed client: `new Millrace<CatalogOf<typeof fraud>>({ … })`. */
export type CatalogOf<R extends Repository> = TypesOf<R>;

/** Two different definitions under one kind and name. */
export class AmbiguousDefinitionError extends Error {
  constructor({ kind, name }: Definition) {
    super(`there are two different definitions of ${kind}/${name}`);
    this.name = 'AmbiguousDefinitionError';
  }
}

/**
 * Definitions that are applied together: those given and all that they refer to.
 * @throws AmbiguousDefinitionError
 */
export function repository<const Members extends readonly Member[]>(
  ...members: Members
): Repository<CatalogTypes<Members[number]>> {
  const collected = new Map<string, Definition>();
  const collect = ({ definition, needs }: Member): void => {
    const key = `${definition.kind}/${definition.name}`;
    const earlier = collected.get(key);
    if (earlier !== undefined && earlier !== definition) throw new AmbiguousDefinitionError(definition);
    for (const needed of needs) collect(needed);
    collected.set(key, definition);
  };
  for (const member of members) collect(member);
  return { definitions: [...collected.values()] };
}
