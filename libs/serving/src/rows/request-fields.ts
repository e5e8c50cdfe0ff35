import { MillraceError, type FeatureType, type FeatureValue } from '@millrace/core';
import { expectedValue, readTypedValue, type InstantReader } from '../values/typed-value.js';
import type { RequestRow } from './join-key.js';

export interface RequestField {
  readonly name: string;
  readonly type: FeatureType;
}

/**
 * The values of a row's request fields, in the order of the fields: from its object in `request`, or, as
 * Feast's clients send them, from among its join keys. Null is a value; a field that is absent is a mistake.
 * @param instant how timestamps are written; absent: RFC 3339 or milliseconds
 * @throws MillraceError REQUEST_FIELD_MISSING, REQUEST_FIELD_TYPE.
 */
export function readRequestFields(
  fields: readonly RequestField[],
  row: RequestRow,
  request: RequestRow | undefined,
  index: number,
  instant?: InstantReader,
): FeatureValue[] {
  return fields.map(({ name, type }) => {
    const sent = request && Object.hasOwn(request, name) ? request : row;
    if (!Object.hasOwn(sent, name)) {
      throw new MillraceError('REQUEST_FIELD_MISSING', `request[${index}]: field ${name} is missing`, {
        index,
        field: name,
        expected: type,
      });
    }
    const value = readTypedValue(type, sent[name], { instant });
    if (value !== undefined) return value;
    throw new MillraceError(
      'REQUEST_FIELD_TYPE',
      `request[${index}].${name}: expected ${expectedValue(type)}`,
      {
        index,
        field: name,
        expected: type,
      },
    );
  });
}
