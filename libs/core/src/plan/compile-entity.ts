import type { EntityDefinition } from '../definitions/definitions.js';
import type { FaultSink } from './definition-fault.js';
import { checkName } from './names.js';
import type { EntityPlan } from './plan.js';

export const PARTITIONS_DEFAULT = 16;
/** Beyond, sweeps and per-partition metrics cost more than more partitions bring. */
export const PARTITIONS_MAX = 4_096;
const JOIN_KEYS_MAX = 8;

export function compileEntity(definition: EntityDefinition, faults: FaultSink): EntityPlan {
  checkName(definition.name, faults.in('name'));
  const partitions = definition.partitions ?? PARTITIONS_DEFAULT;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX)
    faults
      .in('partitions')
      .report('LIMIT', `partitions must be a whole number from 1 to ${PARTITIONS_MAX}, got ${partitions}`, {
        found: partitions,
      });
  const { joinKeys } = definition;
  if (joinKeys.length === 0 || joinKeys.length > JOIN_KEYS_MAX)
    faults
      .in('joinKeys')
      .report('LIMIT', `an entity has 1 to ${JOIN_KEYS_MAX} join keys, got ${joinKeys.length}`, {
        found: joinKeys.length,
      });
  const seen = new Set<string>();
  for (const [i, { name }] of joinKeys.entries()) {
    const keyFaults = faults.in('joinKeys', i, 'name');
    checkName(name, keyFaults);
    if (seen.has(name))
      keyFaults.report('DUPLICATE', `the join key "${name}" is there twice`, { found: name });
    seen.add(name);
  }
  return { name: definition.name, joinKeys, partitions };
}
