import {
  MillraceError,
  nearestName,
  type DerivedGroupPlan,
  type GroupPlan,
  type PlanDocument,
  type ServicePlan,
} from '@millrace/core';
import { parseFeatureReference, type FeatureReference } from './feature-reference.js';

/** One feature of an answer: which group computes it, and the name it goes by in the answer. */
export interface SelectedFeature {
  readonly group: string;
  readonly version: number;
  readonly feature: string;
  readonly name: string;
}

export type ReadableGroup = GroupPlan | DerivedGroupPlan;

type Resolved = Omit<SelectedFeature, 'name'>;

/** @throws MillraceError UNKNOWN_SERVICE, naming the nearest. */
export function selectService(plan: PlanDocument, name: string): ServicePlan {
  const service = plan.services.find((candidate) => candidate.name === name);
  if (service) return service;
  const names = plan.services.map((candidate) => candidate.name);
  throw new MillraceError(
    'UNKNOWN_SERVICE',
    `there is no feature service ${quoted(name)}${hint(name, names)}`,
    {
      service: name,
      ...didYouMean(name, names),
    },
  );
}

/** The features that a list of references names, in its order. @throws MillraceError UNKNOWN_FEATURE. */
export function selectFeatures(plan: PlanDocument, references: readonly string[]): SelectedFeature[] {
  return named(references.flatMap((text) => resolve(plan, text, parseFeatureReference(text))));
}

/** Every group that can be read by name: stored ones and derived ones. */
export function readableGroups(plan: PlanDocument): ReadableGroup[] {
  return [...plan.groups, ...plan.derivedGroups];
}

function resolve(plan: PlanDocument, text: string, reference: FeatureReference): Resolved[] {
  const group = groupOf(plan, text, reference);
  const features = group.features.map((feature) => feature.name);
  if (reference.feature !== undefined && !features.includes(reference.feature)) {
    throw unknownFeature(
      text,
      `feature group ${group.name}@${group.version} has no feature`,
      reference.feature,
      features,
    );
  }
  return (reference.feature === undefined ? features : [reference.feature]).map((feature) => ({
    group: group.name,
    version: group.version,
    feature,
  }));
}

function groupOf(plan: PlanDocument, text: string, reference: FeatureReference): ReadableGroup {
  const groups = readableGroups(plan);
  const versions = groups.filter((group) => group.name === reference.group);
  const names = groups.map((group) => group.name);
  if (versions.length === 0) throw unknownFeature(text, 'there is no feature group', reference.group, names);
  const version = reference.version ?? Math.max(...versions.map((group) => group.version));
  const group = versions.find((candidate) => candidate.version === version);
  if (group) return group;
  const live = versions.map((candidate) => candidate.version).toSorted((a, b) => a - b);
  throw new MillraceError(
    'UNKNOWN_FEATURE',
    `feature group ${reference.group} has no live version ${version}; live: ${live.join(', ')}`,
    { feature: text, liveVersions: live },
  );
}

/**
 * Names each feature by itself where that is unambiguous, else by `group:feature`, and where two versions
 * of one group are read together by `group@version:feature`.
 */
export function named(features: readonly Resolved[]): SelectedFeature[] {
  const plain = countsOf(features, (feature) => feature.feature);
  const qualified = countsOf(features, (feature) => `${feature.group}:${feature.feature}`);
  const chosen = new Map<string, SelectedFeature>();
  for (const feature of features) {
    const short = `${feature.group}:${feature.feature}`;
    const full = `${feature.group}@${feature.version}:${feature.feature}`;
    const name =
      plain.get(feature.feature) === 1 ? feature.feature : qualified.get(short) === 1 ? short : full;
    // The same feature asked for twice is one feature: a JSON object has no duplicate names.
    chosen.set(full, { ...feature, name });
  }
  return [...chosen.values()];
}

/** How many different features (by group version) share a name. */
function countsOf(features: readonly Resolved[], nameOf: (feature: Resolved) => string): Map<string, number> {
  const owners = new Map<string, Set<string>>();
  for (const feature of features) {
    const name = nameOf(feature);
    const owner = `${feature.group}@${feature.version}:${feature.feature}`;
    owners.set(name, (owners.get(name) ?? new Set()).add(owner));
  }
  return new Map([...owners].map(([name, set]) => [name, set.size]));
}

function unknownFeature(
  text: string,
  what: string,
  name: string,
  candidates: readonly string[],
): MillraceError {
  return new MillraceError('UNKNOWN_FEATURE', `${what} ${quoted(name)}${hint(name, candidates)}`, {
    feature: text,
    ...didYouMean(name, candidates),
  });
}

function hint(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `; did you mean ${quoted(nearest)}?`;
}

function didYouMean(name: string, candidates: readonly string[]): { didYouMean?: string } {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? {} : { didYouMean: nearest };
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
