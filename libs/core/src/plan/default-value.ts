import type { FeatureType } from '../definitions/definitions.js';
import { isBase64 } from '../events/base64.js';
import { parseInstant } from '../events/timestamp.js';
import type { FaultSink } from './definition-fault.js';

const isList = (value: unknown, element: (value: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(element);
const isInt = (value: unknown): boolean => Number.isSafeInteger(value);
const isFloat = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isString = (value: unknown): boolean => typeof value === 'string';

const HOLDS: Readonly<Record<FeatureType | 'map', (value: unknown) => boolean>> = {
  int: isInt,
  float: isFloat,
  string: isString,
  bool: (value) => typeof value === 'boolean',
  timestamp: (value) => isInt(value) || (typeof value === 'string' && parseInstant(value) !== undefined),
  bytes: (value) => typeof value === 'string' && isBase64(value),
  int_list: (value) => isList(value, isInt),
  float_list: (value) => isList(value, isFloat),
  string_list: (value) => isList(value, isString),
  embedding: (value) => isList(value, isFloat),
  map: () => false,
};

/** A default stands in for a value that is not there, so it must be one of the feature's type. */
export function checkDefault(value: unknown, type: FeatureType | 'map', faults: FaultSink): void {
  if (value === undefined || value === null || HOLDS[type](value)) return;
  const what = type === 'map' ? 'a map of values has no default' : `the default must be of type ${type}`;
  faults.in('default').report('TYPE', `${what}, got ${JSON.stringify(value)}`, {
    found: value,
    ...(type !== 'map' && { allowed: [type] }),
  });
}
