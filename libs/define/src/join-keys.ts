import type { JoinKeyType } from '@millrace/core';
import type { Entity } from './entity.js';
import type { Fields, Source } from './source.js';

/** The fields of a source that may hold a join key: of its type, and ints for a text key. */
type FieldsFor<F extends Fields, T extends JoinKeyType> = {
  [Name in keyof F & string]: F[Name] extends T | (T extends 'string' ? 'int' : never) ? Name : never;
}[keyof F & string];

type KeyTypes<E extends Entity> = {
  readonly [Key in E['joinKeys'][number] as Key['name']]: Key['type'];
};

type NamedByThemselves<Types extends Readonly<Record<string, JoinKeyType>>, F extends Fields> = {
  [Key in keyof Types]: Key extends FieldsFor<F, Types[Key]> ? Key : never;
}[keyof Types];

type KeysOf<Types extends Readonly<Record<string, JoinKeyType>>, F extends Fields> = {
  readonly [Key in Exclude<keyof Types, NamedByThemselves<Types, F>>]: FieldsFor<F, Types[Key]>;
} & { readonly [Key in NamedByThemselves<Types, F>]?: FieldsFor<F, Types[Key]> };

/**
 * `keys`: join key to field of the source. It may be left out where every join key has a field of its name, and
 * must name the others.
 */
export type KeysClause<E extends Entity, S extends Source> =
  KeysOf<KeyTypes<E>, S['fields']> extends infer Keys
    ? object extends Keys
      ? { readonly keys?: Keys }
      : { readonly keys: Keys }
    : never;
