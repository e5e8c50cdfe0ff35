import type { FeatureServiceDefinition, Metadata } from '@millrace/core';
import type { Entity } from './entity.js';
import type { FeatureSet, ReadTypes } from './feature-set.js';
import { metadataOf, type Member } from './member.js';
import type { Flat, IntersectionOf, Typed, TypesOf } from './typed.js';

export interface ServedFeatures<Name extends string = string, T extends ReadTypes = ReadTypes>
  extends Member<FeatureServiceDefinition>, Typed<{ readonly name: Name } & T> {}

/** A share of the entities, and what they are served where that differs from the service's own features. */
export interface VariantShape {
  readonly name: string;
  /** Relative to the weights of the other variants; 0 gets none. */
  readonly weight: number;
  readonly features?: readonly FeatureSet[];
}

export interface FeatureServiceShape<
  Name extends string,
  Features extends readonly FeatureSet[],
  Variants extends readonly VariantShape[],
  By extends Entity,
> extends Metadata {
  readonly name: Name;
  readonly features: Features;
  /** Entities are split over these by weight, each for good. */
  readonly variants?: Variants;
  /** The entity that decides over variants; may be left out where the features belong to one. */
  readonly by?: By;
}

type Merged<Sets, Part extends keyof ReadTypes> =
  Flat<
    IntersectionOf<
      TypesOf<Sets> extends infer T ? (T extends { readonly [P in Part]: infer M } ? M : never) : never
    >
  > extends infer Members extends object
    ? Members
    : never;

/** What the variants serve that have features of their own. */
type OwnSets<Variant> = Variant extends { readonly features: readonly (infer Set)[] } ? Set : never;

/** One union member per variant: a value that only some of them serve has to be looked for. */
type OwnFeatures<Variant> = Variant extends { readonly features: readonly (infer Set)[] }
  ? Merged<Set, 'features'>
  : never;

type ServiceTypes<Set extends FeatureSet, Variant extends VariantShape, By extends Entity> = {
  readonly row: Merged<Set | OwnSets<Variant> | By, 'row'>;
  readonly request: Merged<Set | OwnSets<Variant>, 'request'>;
  readonly features: Merged<Set, 'features'> | OwnFeatures<Variant>;
  readonly sources: Merged<Set | OwnSets<Variant>, 'sources'>;
};

/** The named set of features that one model reads. */
export function featureService<
  const Name extends string,
  const Features extends readonly FeatureSet[],
  const Variants extends readonly VariantShape[] = readonly [],
  By extends Entity = never,
>(
  shape: FeatureServiceShape<Name, Features, Variants, By>,
): ServedFeatures<Name, ServiceTypes<Features[number], Variants[number], By>> {
  const { name, features, variants, by } = shape;
  const sets = [...features, ...(variants ?? []).flatMap((variant) => variant.features ?? [])];
  return {
    needs: [...sets.map(({ group }) => group), ...(by === undefined ? [] : [by])],
    definition: {
      kind: 'FeatureService',
      name,
      features: features.map(({ reference }) => reference),
      ...(by !== undefined && { by: by.definition.name }),
      ...(variants !== undefined && { variants: variants.map(variantOf) }),
      ...metadataOf(shape),
    },
  };
}

function variantOf({
  name,
  weight,
  features,
}: VariantShape): NonNullable<FeatureServiceDefinition['variants']>[number] {
  return {
    name,
    weight,
    ...(features !== undefined && { features: features.map(({ reference }) => reference) }),
  };
}
