/** The rules of definition forms that class-validator does not bring. */
import { ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { FEATURE_TYPES } from './vocabulary.js';

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFeatureType = (value: unknown): boolean => FEATURE_TYPES.some((type) => type === value);

const WINDOW_FORMS: readonly (readonly [required: string, optional: string])[] = [
  ['records', 'within'],
  ['tumbling', 'offset'],
  ['session', 'longest'],
];

const isFunction = (value: unknown): boolean => typeof value === 'string' || isRecord(value);

function isWindow(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (!isRecord(value)) return false;
  return WINDOW_FORMS.some(([required, optional]) => {
    const members = Object.keys(value);
    if (!members.includes(required) || members.some((member) => member !== required && member !== optional))
      return false;
    const form = value[required];
    const isFormed = required === 'records' ? typeof form === 'number' : typeof form === 'string';
    return isFormed && (value[optional] === undefined || typeof value[optional] === 'string');
  });
}

function rule(name: string, message: string, holds: (value: unknown) => boolean) {
  return (options?: ValidationOptions): PropertyDecorator =>
    ValidateBy({ name, validator: { validate: holds, defaultMessage: () => message } }, options);
}

/**
 * Not IsOptional, which lets null pass: whether it means everything or nothing, now or never, yes or no, is not ours to
 * guess, and what reads definitions expects what its type says.
 */
export const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_form, value: unknown) => value !== undefined);

export const IsObject = rule('object', 'must be a mapping', isRecord);

/** Of the elements of a list: class-validator looks into a list within a list for what the inner one holds. */
export const IsNoList = rule('noList', 'must be a mapping', (value) => !Array.isArray(value));

export const IsTextMap = rule(
  'textMap',
  'must be a mapping of names to text',
  (value) => isRecord(value) && Object.values(value).every((text) => typeof text === 'string'),
);

export const IsFeatureTypes = rule(
  'featureTypes',
  'must be a mapping of field names to types',
  (value) => isRecord(value) && Object.values(value).every(isFeatureType),
);

export const IsFunction = rule(
  'function',
  'must be a function like mean, or one with its argument like { last_k: 5 }',
  isFunction,
);

export const IsWindow = rule(
  'window',
  'must be a length like 1h, lifetime, { records: 100, within: 60s }, { tumbling: 1d, offset: 0s } or { session: 30m }',
  isWindow,
);

/** What each element of a list must be, by the rule that class-validator names for the list as a whole. */
export const ELEMENT_RULES: Readonly<Record<string, (element: unknown) => boolean>> = {
  isString: (element) => typeof element === 'string',
  function: isFunction,
  window: isWindow,
  noList: (element) => !Array.isArray(element),
};
