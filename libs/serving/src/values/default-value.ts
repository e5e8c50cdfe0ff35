import type { FeatureType, FeatureValue } from '@millrace/core';
import { readTypedValue } from './typed-value.js';

/**
 * A declared default as a value of its type. Definitions were checked when they were registered, so
 * anything unexpected here is no value.
 */
export function defaultValue(type: FeatureType, declared: unknown): FeatureValue {
  return readTypedValue(type, declared) ?? null;
}
