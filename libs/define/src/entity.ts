import type { EntityDefinition, JoinKeyType, Metadata } from '@millrace/core';
import { metadataOf, type Member } from './member.js';
import type { Typed } from './typed.js';

/** An int key beyond 2^53 is written as its digits: JSON numbers are doubles in JavaScript. */
type JoinKeyValue<T extends JoinKeyType> = T extends 'int' ? number | `${bigint}` : string;

interface JoinKey {
  readonly name: string;
  readonly type: JoinKeyType;
}

/** The join keys of an entity by name, as a read must name them. */
type RowOf<Keys extends readonly JoinKey[]> = {
  readonly [Key in Keys[number] as Key['name']]: JoinKeyValue<Key['type']>;
};

export interface Entity<Keys extends readonly JoinKey[] = readonly JoinKey[]>
  extends Member<EntityDefinition>, Typed<{ readonly row: RowOf<Keys> }> {
  readonly joinKeys: Keys;
}

export interface EntityShape<Keys extends readonly JoinKey[]> extends Metadata {
  readonly name: string;
  /** Several make a composite key. */
  readonly joinKeys: Keys;
  /** Stream partitions of this entity; fixed when it is registered. */
  readonly partitions?: number;
}

/** The kind of thing that features describe: `entity({ name: 'airport', joinKeys: [{ name: 'airport', type: 'string' }] })`. */
export function entity<const Keys extends readonly JoinKey[]>(shape: EntityShape<Keys>): Entity<Keys> {
  const { name, joinKeys, partitions } = shape;
  return {
    joinKeys,
    needs: [],
    definition: {
      kind: 'Entity',
      name,
      joinKeys,
      ...(partitions !== undefined && { partitions }),
      ...metadataOf(shape),
    },
  };
}
