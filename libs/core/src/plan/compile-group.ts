import type { FeatureGroupDefinition } from '../definitions/definitions.js';
import { compileAggregations } from './compile-aggregations.js';
import type { FaultSink } from './definition-fault.js';
import { checkDefault } from './default-value.js';
import { checkName } from './names.js';
import type { EntityOutline, Named, SourceOutline } from './outlines.js';
import type { GroupPlan, PushedGroupPlan } from './plan.js';
import { compileDuration } from './window-definition.js';

/** What a group may refer to. */
export interface GroupSurroundings {
  readonly entities: Named<EntityOutline>;
  readonly sources: Named<SourceOutline>;
}

/** What is wrong with a group is told though nobody knows yet whose it is or what it reads. */
const UNKNOWN_ENTITY: EntityOutline = { name: '', joinKeys: [], isOpen: true };
const UNKNOWN_SOURCE: SourceOutline = { name: '', fields: [], isOpen: true };

type GroupBase = Omit<PushedGroupPlan, 'kind' | 'features'>;

export function compileGroup(
  definition: FeatureGroupDefinition,
  version: number,
  { entities, sources }: GroupSurroundings,
  faults: FaultSink,
): GroupPlan | undefined {
  checkName(definition.name, faults.in('name'));
  const entity = entities.resolve(definition.entity, faults.in('entity')) ?? UNKNOWN_ENTITY;
  const source = sources.resolve(definition.source, faults.in('source')) ?? UNKNOWN_SOURCE;
  const ttlMs = definition.ttl === undefined ? undefined : compileDuration(definition.ttl, faults.in('ttl'));
  const target = definition.freshness?.target;
  const freshnessTargetMs =
    target === undefined ? undefined : compileDuration(target, faults.in('freshness', 'target'));
  const isAggregated = definition.aggregations !== undefined;
  const isPushed = definition.features !== undefined;
  if (isAggregated === isPushed) {
    const found = isAggregated ? 'both' : 'neither';
    faults.report('FORM', `a feature group has either \`aggregations\` or \`features\`, this has ${found}`, {
      found,
      allowed: ['aggregations', 'features'],
    });
  }
  const keyFields = compileKeys(definition, entity, source, faults);
  const content = isAggregated
    ? compileAggregations(definition, source, faults)
    : isPushed && { kind: 'pushed' as const, features: compilePushedFeatures(definition, source, faults) };
  // What a group with neither was to be is not known, so nothing more can be wrong with it.
  if (!content) return undefined;
  const base: GroupBase = {
    name: definition.name,
    version,
    entity: entity.name,
    source: source.name,
    keyFields,
    ...(ttlMs !== undefined && { ttlMs }),
    ...(freshnessTargetMs !== undefined && { freshnessTargetMs }),
  };
  return { ...base, ...content };
}

/** The source's fields that hold the entity's join keys; where `keys` is silent, the field of the same name. */
function compileKeys(
  { keys = {} }: FeatureGroupDefinition,
  entity: EntityOutline,
  source: SourceOutline,
  faults: FaultSink,
): string[] {
  const joinKeys = entity.joinKeys.map((key) => key.name);
  for (const key of Object.keys(keys))
    if (!joinKeys.includes(key) && !entity.isOpen)
      faults.in('keys', key).reportUnknown(`join key of entity ${entity.name}`, key, joinKeys);
  return entity.joinKeys.map((joinKey) => {
    const { name } = joinKey;
    const fieldName = (Object.hasOwn(keys, name) ? keys[name] : undefined) ?? name;
    checkKeyField(joinKey, fieldName, source, faults.in('keys', name));
    return fieldName;
  });
}

function checkKeyField(
  { name, type }: EntityOutline['joinKeys'][number],
  fieldName: string,
  source: SourceOutline,
  faults: FaultSink,
): void {
  const field = source.fields.find((candidate) => candidate.name === fieldName);
  if (!field) {
    if (source.isOpen) return;
    const fieldNames = source.fields.map((candidate) => candidate.name);
    faults.reportUnknown(`field of source ${source.name} for the join key ${name}:`, fieldName, fieldNames);
    return;
  }
  if (field.type === undefined || type === undefined || field.type === type) return;
  if (type === 'string' && field.type === 'int') return;
  faults.report(
    'TYPE',
    `the join key "${name}" is ${type}, the field "${fieldName}" of source ${source.name} is ${field.type}`,
    { found: field.type, allowed: type === 'string' ? ['string', 'int'] : ['int'] },
  );
}

/** A float list of more elements than any model's output is a mistake, and one value would fill a response. */
export const DIMENSIONS_MAX = 4_096;

function compilePushedFeatures(
  { features = [] }: FeatureGroupDefinition,
  source: SourceOutline,
  faults: FaultSink,
): PushedGroupPlan['features'] {
  if (source.type === 'stream')
    faults
      .in('source')
      .report('TYPE', `a group of pushed features needs a push or batch source, ${source.name} is a stream`, {
        found: 'stream',
        allowed: ['push', 'batch'],
      });
  const seen = new Set<string>();
  return features.map((feature, i) => {
    const { name, type, dimensions } = feature;
    const place = faults.in('features', i);
    checkName(name, place.in('name'));
    if (seen.has(name))
      place.in('name').report('DUPLICATE', `the feature "${name}" is there twice`, { found: name });
    seen.add(name);
    const field = source.fields.find((candidate) => candidate.name === name);
    if (!field) {
      const fieldNames = source.fields.map((candidate) => candidate.name);
      if (!source.isOpen) place.in('name').reportUnknown(`field of source ${source.name}`, name, fieldNames);
    } else if (field.type !== undefined && field.type !== type)
      place
        .in('type')
        .report(
          'TYPE',
          `the feature "${name}" is ${type}, its field in source ${source.name} is ${field.type}`,
          {
            found: type,
            allowed: [field.type],
          },
        );
    checkDimensions(type, dimensions, feature.default, place);
    checkDefault(feature.default, type, place);
    return {
      name,
      type,
      ...(feature.default !== undefined && { default: feature.default }),
      ...(dimensions !== undefined && { dimensions }),
    };
  });
}

function checkDimensions(
  type: string,
  dimensions: number | undefined,
  defaultValue: unknown,
  faults: FaultSink,
): void {
  const place = faults.in('dimensions');
  if (type !== 'embedding') {
    if (dimensions !== undefined)
      place.report('TYPE', `only an embedding has dimensions, this is ${type}`, {
        found: type,
        allowed: ['embedding'],
      });
    return;
  }
  if (
    dimensions === undefined ||
    !Number.isInteger(dimensions) ||
    dimensions < 1 ||
    dimensions > DIMENSIONS_MAX
  )
    place.report('LIMIT', `an embedding needs its dimensions, a whole number from 1 to ${DIMENSIONS_MAX}`, {
      found: dimensions ?? null,
    });
  else if (Array.isArray(defaultValue) && defaultValue.length !== dimensions)
    faults
      .in('default')
      .report(
        'TYPE',
        `the default has ${defaultValue.length} elements, the embedding ${dimensions} dimensions`,
        {
          found: defaultValue.length,
        },
      );
}
