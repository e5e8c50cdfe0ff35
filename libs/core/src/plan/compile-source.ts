import type { SourceDefinition } from '../definitions/definitions.js';
import type { DurationMs } from '../time.js';
import type { FaultSink } from './definition-fault.js';
import { checkName } from './names.js';
import type { SourcePlan } from './plan.js';
import { compileDuration } from './window-definition.js';

const FIELDS_MAX = 500;
/** As for the default of the processes: below, retries come too late; above, Redis fills with ids. */
const DEDUP_HORIZON_MS = { min: 1_000, max: 7 * 86_400_000 };

export function compileSource(definition: SourceDefinition, version: number, faults: FaultSink): SourcePlan {
  checkName(definition.name, faults.in('name'));
  const fields = Object.entries(definition.fields).map(([name, type]) => ({ name, type }));
  for (const { name } of fields) checkName(name, faults.in('fields', name));
  if (fields.length > FIELDS_MAX)
    faults.in('fields').report('LIMIT', `a source has at most ${FIELDS_MAX} fields, got ${fields.length}`, {
      found: fields.length,
    });
  checkTimestampField(definition, faults.in('timestampField'));
  checkIdField(definition, faults.in('idField'));
  const dedupHorizonMs = compileDedupHorizon(definition, faults.in('dedupHorizon'));
  const { name, type, timestampField, idField } = definition;
  return {
    name,
    version,
    type,
    fields,
    timestampField,
    ...(idField !== undefined && { idField }),
    ...(dedupHorizonMs !== undefined && { dedupHorizonMs }),
  };
}

function checkTimestampField({ fields, timestampField }: SourceDefinition, faults: FaultSink): void {
  const type = Object.hasOwn(fields, timestampField) ? fields[timestampField] : undefined;
  if (type === undefined) faults.reportUnknown('field', timestampField, Object.keys(fields));
  else if (type !== 'timestamp')
    faults.report('TYPE', `the timestamp field "${timestampField}" must be of type timestamp, is ${type}`, {
      found: type,
      allowed: ['timestamp'],
    });
}

function compileDedupHorizon({ dedupHorizon }: SourceDefinition, faults: FaultSink): DurationMs | undefined {
  if (dedupHorizon === undefined) return undefined;
  const lengthMs = compileDuration(dedupHorizon, faults);
  if (lengthMs === undefined) return undefined;
  if (lengthMs >= DEDUP_HORIZON_MS.min && lengthMs <= DEDUP_HORIZON_MS.max) return lengthMs;
  faults.report('LIMIT', `event ids are remembered for 1s to 7d, not for ${dedupHorizon}`, {
    found: dedupHorizon,
  });
  return undefined;
}

function checkIdField({ fields, idField }: SourceDefinition, faults: FaultSink): void {
  if (idField === undefined) return;
  const type = Object.hasOwn(fields, idField) ? fields[idField] : undefined;
  if (type === undefined) faults.reportUnknown('field', idField, Object.keys(fields));
  else if (type !== 'string' && type !== 'int')
    faults.report('TYPE', `the id field "${idField}" must be of type string or int, is ${type}`, {
      found: type,
      allowed: ['string', 'int'],
    });
}
