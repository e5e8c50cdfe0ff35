/**
 * Typed values to JSON text. Hand-written because `JSON.stringify` can neither write an int64 beyond 2^53
 * nor tell the float 3 from the int 3; and joining ready fragments is many times faster (faults.md).
 */
import {
  FUNCTIONS,
  type AggregatedFeaturePlan,
  type AggregatedGroupPlan,
  type FeatureType,
  type FeatureValue,
} from '@millrace/core';

import { instantText } from './instant-text.js';

export type ValueWriter = (value: FeatureValue) => string;

/** What the numbers of a value are: they alone decide how it is written. */
export type ElementType = 'int' | 'float' | 'string' | 'bool' | 'timestamp' | 'bytes';

/** An exact integer; one that is none (a count estimated by a sketch, say) is written as it is. */
export function intJson(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  return Number.isFinite(value) ? intText(value) : 'null';
}

/** A double with a mark that it is one: `3.0`, never `3`, so that typed clients keep the type. */
export function floatJson(value: number | bigint): string {
  if (typeof value === 'bigint') return `${value}.0`;
  if (!Number.isInteger(value)) return Number.isFinite(value) ? `${value}` : 'null';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const text = `${value}`;
  return text.includes('e') ? text : `${text}.0`;
}

/** Milliseconds since the epoch as RFC 3339 in UTC; null beyond what a date can be. */
export function instantJson(value: number): string {
  const text = instantText(value);
  return text === undefined ? 'null' : `"${text}"`;
}

/** The writer of values whose scalars are of this type: single ones, lists and maps of them. */
export function valueWriterOf(type: ElementType): ValueWriter {
  const scalar = SCALARS[type];
  const write: ValueWriter = (value) => {
    if (typeof value !== 'object') return scalar(value);
    if (value === null) return 'null';
    if (!isList(value)) {
      return `{${value.map.map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`).join(',')}}`;
    }
    return `[${value.map(write).join(',')}]`;
  };
  return write;
}

type Scalar = number | bigint | string | boolean;

const SCALARS: Readonly<Record<ElementType, (value: Scalar) => string>> = {
  int: (value) => (isNumeric(value) ? intJson(value) : plain(value)),
  float: (value) => (isNumeric(value) ? floatJson(value) : plain(value)),
  bool: (value) => (isNumeric(value) ? `${Number(value) !== 0}` : plain(value)),
  timestamp: (value) => (isNumeric(value) ? instantJson(Number(value)) : plain(value)),
  string: (value) => (isNumeric(value) ? plainNumber(value) : plain(value)),
  bytes: (value) => (isNumeric(value) ? plainNumber(value) : plain(value)),
};

/** What the scalars of a feature's values are. */
export function elementTypeOf(type: FeatureType): ElementType {
  switch (type) {
    case 'int_list':
      return 'int';
    case 'float_list':
    case 'embedding':
      return 'float';
    case 'string_list':
      return 'string';
    default:
      return type;
  }
}

/** The same for an aggregated feature: a map's elements are what the function makes of its input. */
export function elementTypeOfFeature(
  feature: AggregatedFeaturePlan,
  group: AggregatedGroupPlan,
): ElementType {
  if (feature.type !== 'map') return elementTypeOf(feature.type);
  const input = feature.input === undefined ? undefined : group.inputs[feature.input]?.type;
  return elementTypeOf(FUNCTIONS[feature.function.kind].result(input));
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: object): value is readonly FeatureValue[] {
  return Array.isArray(value);
}

function isNumeric(value: Scalar): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function plainNumber(value: number | bigint): string {
  return typeof value === 'bigint' ? intJson(value) : Number.isFinite(value) ? `${value}` : 'null';
}

function plain(value: string | boolean): string {
  return typeof value === 'string' ? JSON.stringify(value) : `${value}`;
}

/** Integers from 1e21 on print in exponent form, which is a valid JSON number but no integer to a parser. */
function intText(value: number): string {
  if (Math.abs(value) < 1e21) return value === 0 ? '0' : `${value}`;
  return Number.isInteger(value) ? BigInt(value).toString() : `${value}`;
}
