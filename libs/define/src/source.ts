import type { FeatureType, Metadata, SourceDefinition } from '@millrace/core';
import { metadataOf, type Member } from './member.js';
import type { Typed } from './typed.js';
import type { Duration } from './windows.js';
import type { Sent } from './values.js';

export type Fields = Readonly<Record<string, FeatureType>>;

/** An event of a source: its time must be there, any other field may be absent or null. */
type EventOf<F extends Fields, TimestampField extends string> = {
  readonly [Name in keyof F & TimestampField]: Sent<F[Name]>;
} & { readonly [Name in Exclude<keyof F, TimestampField>]?: Sent<F[Name]> | null };

export interface Source<
  Name extends string = string,
  F extends Fields = Fields,
  Type extends SourceDefinition['type'] = SourceDefinition['type'],
  Event extends object = object,
>
  extends Member<SourceDefinition>, Typed<{ readonly sources: { readonly [Sender in Name]: Event } }> {
  readonly name: Name;
  readonly type: Type;
  readonly fields: F;
}

export interface SourceShape<
  Name extends string,
  F extends Fields,
  Type extends SourceDefinition['type'],
  TimestampField extends string,
> extends Metadata {
  readonly name: Name;
  readonly type: Type;
  readonly fields: F;
  /** The field that says when it happened. */
  readonly timestampField: TimestampField;
  /** The field that makes ingest idempotent. */
  readonly idField?: keyof F & string;
  /** How long event ids are remembered, 1s to 7d. */
  readonly dedupHorizon?: Duration;
}

type TimestampsOf<F extends Fields> = {
  [Name in keyof F & string]: F[Name] extends 'timestamp' ? Name : never;
}[keyof F & string];

/** Where events, or pushed and loaded values, come from. */
export function source<
  const Name extends string,
  const F extends Fields,
  const Type extends SourceDefinition['type'],
  const TimestampField extends TimestampsOf<F>,
>(shape: SourceShape<Name, F, Type, TimestampField>): Source<Name, F, Type, EventOf<F, TimestampField>> {
  const { name, type, fields, timestampField, idField, dedupHorizon } = shape;
  return {
    name,
    type,
    fields,
    needs: [],
    definition: {
      kind: 'Source',
      name,
      type,
      fields,
      timestampField,
      ...(idField !== undefined && { idField }),
      ...(dedupHorizon !== undefined && { dedupHorizon }),
      ...metadataOf(shape),
    },
  };
}
