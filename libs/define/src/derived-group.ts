import type { DerivedFeatureGroupDefinition, FeatureType, Metadata } from '@millrace/core';
import { groupOf, type FeatureSet, type GroupOf } from './feature-set.js';
import { metadataOf } from './member.js';
import type { Fields } from './source.js';
import type { Flat, IntersectionOf, None, TypesOf } from './typed.js';
import type { Sent, Served } from './values.js';

interface DerivedFeature {
  readonly name: string;
  readonly type: FeatureType;
  /** CEL over the inputs' features, the request's fields and earlier features of the group. */
  readonly expression: string;
  readonly default?: unknown;
}

export interface DerivedGroupShape<
  Inputs extends readonly FeatureSet[],
  RequestFields extends Fields,
  Features extends readonly DerivedFeature[],
> extends Metadata {
  readonly name: string;
  readonly inputs: Inputs;
  readonly requestFields?: RequestFields;
  readonly features: Features;
}

type InputTypes<Inputs extends readonly FeatureSet[]> = TypesOf<Inputs[number]>;

type DerivedTypes<
  Inputs extends readonly FeatureSet[],
  RequestFields extends Fields,
  Features extends readonly DerivedFeature[],
> = {
  readonly row: Flat<IntersectionOf<InputTypes<Inputs>['row']>>;
  readonly request: Flat<
    IntersectionOf<InputTypes<Inputs>['request']> & {
      readonly [Name in keyof RequestFields]: Sent<RequestFields[Name]> | null;
    }
  >;
  readonly features: {
    readonly [Feature in Features[number] as Feature['name']]: Served<Feature['type']> | null;
  };
  readonly sources: Flat<IntersectionOf<InputTypes<Inputs>['sources']>>;
};

/** Features computed when they are read, from other features and from what the request brings. */
export function derivedGroup<
  const Inputs extends readonly FeatureSet[],
  const Features extends readonly DerivedFeature[],
  const RequestFields extends Fields = None,
>(
  shape: DerivedGroupShape<Inputs, RequestFields, Features>,
): GroupOf<DerivedFeatureGroupDefinition, DerivedTypes<Inputs, RequestFields, Features>> {
  const { name, inputs, requestFields, features } = shape;
  return groupOf(
    {
      kind: 'DerivedFeatureGroup',
      name,
      inputs: inputs.map(({ reference }) => reference),
      ...(requestFields !== undefined && { requestFields }),
      features,
      ...metadataOf(shape),
    },
    inputs.map(({ group }) => group),
  );
}
