import type { Api } from '../api/api.js';
import {
  findDefinition,
  type DerivedFeatureGroupDefinition,
  type EntityDefinition,
  type FeatureGroupDefinition,
  type FeatureServiceDefinition,
} from '../api/definitions.js';
import { ApiFault } from '../api/fault.js';

/** What a person has to type to read one vector of a service. */
export interface VectorInputs {
  readonly joinKeys: readonly VectorInput[];
  /** What the request brings for derived features; may be left empty. */
  readonly requestFields: readonly VectorInput[];
}

export interface VectorInput {
  readonly name: string;
  readonly type: string;
  /** The entity that the join key names, or the derived group that reads the field. */
  readonly of: string;
}

interface GroupName {
  readonly name: string;
  readonly version: number | undefined;
}

/** Finds the groups of the service, and through them its entities. @throws ApiFault */
export async function findVectorInputs(
  api: Api,
  service: FeatureServiceDefinition,
  signal: AbortSignal,
): Promise<VectorInputs> {
  const variants = service.variants ?? [];
  const references = [...service.features, ...variants.flatMap(({ features = [] }) => features)];
  const names = distinct(references.flatMap(groupNamesOf));
  const groups = await Promise.all(names.map((name) => findGroup(api, name, signal)));
  const derived = groups.filter((group) => isDerived(group));
  const inputNames = distinct(derived.flatMap(({ inputs }) => inputs.flatMap(groupNamesOf)));
  const inputs = await Promise.all(inputNames.map((name) => findGroup(api, name, signal)));
  const stored = [...groups, ...inputs].filter((group) => !isDerived(group));
  const entityNames = [...new Set([...stored.map(({ entity }) => entity), ...present(service.by)])];
  const entities = await Promise.all(
    entityNames.map((name) => findDefinition<EntityDefinition>(api, 'entities', name, undefined, signal)),
  );
  return vectorInputs(entities, [...derived, ...inputs.filter((group) => isDerived(group))]);
}

/** Entities may have a join key in common, derived groups a request field: each is asked for once. */
export function vectorInputs(
  entities: readonly EntityDefinition[],
  derived: readonly DerivedFeatureGroupDefinition[],
): VectorInputs {
  const joinKeys = entities.flatMap((entity) =>
    entity.joinKeys.map(({ name, type }) => ({ name, type, of: entity.name })),
  );
  const requestFields = derived.flatMap((group) =>
    Object.entries(group.requestFields ?? {}).map(([name, type]) => ({ name, type, of: group.name })),
  );
  return { joinKeys: distinctByName(joinKeys), requestFields: distinctByName(requestFields) };
}

/** `group`, `group@2`, `group:feature`, `group@2:feature`. */
export function groupNamesOf(reference: string): GroupName[] {
  const found = /^(\w+)(?:@(\d+))?(?::\w+)?$/.exec(reference);
  if (found?.[1] === undefined) return [];
  return [{ name: found[1], version: found[2] === undefined ? undefined : Number(found[2]) }];
}

function present(name: string | undefined): string[] {
  return name === undefined ? [] : [name];
}

async function findGroup(
  api: Api,
  { name, version }: GroupName,
  signal: AbortSignal,
): Promise<FeatureGroupDefinition | DerivedFeatureGroupDefinition> {
  try {
    return await findDefinition<FeatureGroupDefinition>(api, 'feature-groups', name, version, signal);
  } catch (error) {
    if (!(error instanceof ApiFault) || error.status !== 404) throw error;
    return findDefinition<DerivedFeatureGroupDefinition>(
      api,
      'derived-feature-groups',
      name,
      version,
      signal,
    );
  }
}

function isDerived(
  group: FeatureGroupDefinition | DerivedFeatureGroupDefinition,
): group is DerivedFeatureGroupDefinition {
  return group.kind === 'DerivedFeatureGroup';
}

function distinct(names: readonly GroupName[]): GroupName[] {
  return [...new Map(names.map((name) => [`${name.name}@${name.version ?? ''}`, name])).values()];
}

function distinctByName(inputs: readonly VectorInput[]): VectorInput[] {
  return [...new Map(inputs.map((input) => [input.name, input])).values()];
}
