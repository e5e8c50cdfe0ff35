import type { FeatureServiceDefinition } from '../definitions/definitions.js';
import type { FaultSink } from './definition-fault.js';
import type { GroupCatalog } from './group-catalog.js';
import { checkName } from './names.js';
import type { ServicePlan } from './plan.js';

const SERVED_FEATURES_MAX = 2_000;

export function compileService(
  definition: FeatureServiceDefinition,
  version: number,
  catalog: GroupCatalog,
  faults: FaultSink,
): ServicePlan {
  checkName(definition.name, faults.in('name'));
  if (definition.features.length === 0)
    faults.in('features').report('FORM', 'a service needs at least one feature');
  const features: { group: string; version: number; feature: string }[] = [];
  const groupOf = new Map<string, string>();
  for (const [i, text] of definition.features.entries()) {
    const place = faults.in('features', i);
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
            : `the feature "${name}" is in both "${other}" and "${group.name}": features of a service have one name each`,
          { found: name },
        );
      groupOf.set(name, group.name);
      features.push({ group: group.name, version: group.version, feature: name });
    }
  }
  if (features.length > SERVED_FEATURES_MAX)
    faults
      .in('features')
      .report('LIMIT', `a service has at most ${SERVED_FEATURES_MAX} features, this has ${features.length}`, {
        found: features.length,
      });
  return { name: definition.name, version, features };
}
