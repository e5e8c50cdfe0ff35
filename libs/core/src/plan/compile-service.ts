import type { FeatureServiceDefinition, VariantDefinition } from '../definitions/definitions.js';
import type { FaultSink } from './definition-fault.js';
import type { GroupCatalog } from './group-catalog.js';
import { checkName } from './names.js';
import type { EntityOutline, Named } from './outlines.js';
import type { ServedFeature, ServicePlan, SplitPlan, VariantPlan } from './plan.js';

const SERVED_FEATURES_MAX = 2_000;
/** Each variant is a reader of its own, and draws once per entity. */
const VARIANTS_MAX = 20;

/** What a service may refer to. */
export interface ServiceSurroundings {
  readonly catalog: GroupCatalog;
  readonly entities: Named<EntityOutline>;
}

export function compileService(
  definition: FeatureServiceDefinition,
  version: number,
  { catalog, entities }: ServiceSurroundings,
  faults: FaultSink,
): ServicePlan {
  const { name, by, variants } = definition;
  checkName(name, faults.in('name'));
  const own = compileFeatures(definition.features, catalog, faults.in('features'));
  if (variants === undefined) {
    if (by !== undefined)
      faults
        .in('by')
        .report('FORM', '`by` tells which entity decides over variants, and there are none', { found: by });
    return { name, version, features: own };
  }
  const compiled = compileVariants(variants, own, catalog, faults.in('variants'));
  const features = distinct(compiled.flatMap((variant) => variant.features));
  const decides = decidingEntity(by, catalog.entitiesOf(features), entities, faults.in('by'));
  const split: SplitPlan = { by: decides ?? '', variants: compiled };
  return { name, version, features, split };
}

function compileFeatures(
  references: readonly string[],
  catalog: GroupCatalog,
  faults: FaultSink,
): ServedFeature[] {
  const features: ServedFeature[] = [];
  const groupOf = new Map<string, string>();
  for (const [i, text] of references.entries()) {
    const place = faults.in(i);
    const resolved = catalog.resolve(text, place);
    if (!resolved) continue;
    const { group } = resolved;
    for (const { name } of resolved.features) {
      const other = groupOf.get(name);
      if (other !== undefined)
        place.report(
          'DUPLICATE',
          other === group.name
            ? `the feature "${name}" is there twice`
            : `the feature "${name}" is in both "${other}" and "${group.name}": leave one out by naming those that you want ("${group.name}:…"), or give one another name`,
          { found: name },
        );
      groupOf.set(name, group.name);
      features.push({ group: group.name, version: group.version, feature: name });
    }
  }
  if (features.length > SERVED_FEATURES_MAX)
    faults.report(
      'LIMIT',
      `a service has at most ${SERVED_FEATURES_MAX} features, this has ${features.length}`,
      {
        found: features.length,
      },
    );
  return features;
}

function compileVariants(
  variants: readonly VariantDefinition[],
  own: readonly ServedFeature[],
  catalog: GroupCatalog,
  faults: FaultSink,
): VariantPlan[] {
  if (variants.length === 0 || variants.length > VARIANTS_MAX)
    faults.report('LIMIT', `a service has 1 to ${VARIANTS_MAX} variants, this has ${variants.length}`, {
      found: variants.length,
    });
  const names = new Set<string>();
  const compiled = variants.map(({ name, weight, features }, i): VariantPlan => {
    const place = faults.in(i);
    checkName(name, place.in('name'));
    if (names.has(name))
      place.in('name').report('DUPLICATE', `there is a variant "${name}" already`, { found: name });
    names.add(name);
    if (!(weight >= 0 && Number.isFinite(weight)))
      place.in('weight').report('LIMIT', `a weight is 0 or more, got ${weight}`, { found: weight });
    const served = features === undefined ? own : compileFeatures(features, catalog, place.in('features'));
    return { name, weight, features: served };
  });
  if (variants.length > 0 && variants.every(({ weight }) => weight === 0))
    faults.report('LIMIT', 'one variant at least needs a weight above 0: no entity could be served');
  return compiled;
}

/** The entity whose id decides; undefined where that is a fault. */
function decidingEntity(
  by: string | undefined,
  read: readonly string[],
  entities: Named<EntityOutline>,
  faults: FaultSink,
): string | undefined {
  if (by !== undefined) {
    return entities.resolve(by, faults) && by;
  }
  if (read.length > 1)
    faults.report(
      'FORM',
      `the features belong to ${read.join(' and ')}: say with \`by\` which of them decides over the variants`,
      { allowed: read },
    );
  return read[0];
}

function distinct(features: readonly ServedFeature[]): ServedFeature[] {
  return [
    ...new Map(
      features.map((served) => [`${served.group}@${served.version}:${served.feature}`, served] as const),
    ).values(),
  ];
}
