import type { FeatureServiceDefinition, Metadata } from '@millrace/core';
import type { FeatureSet, ReadTypes } from './feature-set.js';
import { metadataOf, type Member } from './member.js';
import type { Flat, IntersectionOf, Typed, TypesOf } from './typed.js';

export interface ServedFeatures<Name extends string = string, T extends ReadTypes = ReadTypes>
  extends Member<FeatureServiceDefinition>, Typed<{ readonly name: Name } & T> {}

export interface FeatureServiceShape<
  Name extends string,
  Features extends readonly FeatureSet[],
> extends Metadata {
  readonly name: Name;
  readonly features: Features;
}

type Merged<Features extends readonly FeatureSet[], Part extends keyof ReadTypes> =
  Flat<IntersectionOf<TypesOf<Features[number]>[Part]>> extends infer Members extends object
    ? Members
    : never;

type ServiceTypes<Features extends readonly FeatureSet[]> = {
  readonly [Part in keyof ReadTypes]: Merged<Features, Part>;
};

/** The named set of features that one model reads. */
export function featureService<const Name extends string, const Features extends readonly FeatureSet[]>(
  shape: FeatureServiceShape<Name, Features>,
): ServedFeatures<Name, ServiceTypes<Features>> {
  const { name, features } = shape;
  return {
    needs: features.map(({ group }) => group),
    definition: {
      kind: 'FeatureService',
      name,
      features: features.map(({ reference }) => reference),
      ...metadataOf(shape),
    },
  };
}
