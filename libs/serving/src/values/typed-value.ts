import { isBase64, parseInstant, type FeatureType, type FeatureValue, type Instant } from '@millrace/core';

/** How a wire format writes instants; the formats differ in nothing else that matters here. */
export type InstantReader = (value: unknown) => Instant | undefined;

export interface TypedValueOptions {
  /** Length that an embedding must have. */
  readonly dimensions?: number | undefined;
  readonly instant?: InstantReader | undefined;
}

/** Longest list or embedding: a row is read whole, so its length bounds the read. */
const LIST_LENGTH_MAX = 16_384;
/** Longest string or base64 text of one value. */
const TEXT_LENGTH_MAX = 1_048_576;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** A JSON value as a value of the declared type, or undefined where it is none; null is a value of any type. */
export function readTypedValue(
  type: FeatureType,
  value: unknown,
  options: TypedValueOptions = {},
): FeatureValue | undefined {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'int':
      return readInt(value);
    case 'float':
      return readFloat(value);
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
      return readText(value);
    case 'timestamp':
      return (options.instant ?? parseInstant)(value);
    case 'bytes':
      return typeof value === 'string' && isBase64(value) ? readText(value) : undefined;
    case 'int_list':
      return readList(value, readInt);
    case 'float_list':
      return readList(value, readFloat);
    case 'string_list':
      return readList(value, readText);
    case 'embedding':
      return readEmbedding(value, options.dimensions);
  }
}

/** What a value of the type looks like, for messages. */
export function expectedValue(type: FeatureType, dimensions?: number): string {
  switch (type) {
    case 'int':
      return 'an integer of 64 bits';
    case 'float':
      return 'a number';
    case 'bool':
      return 'true or false';
    case 'string':
      return 'a string';
    case 'timestamp':
      return 'a timestamp';
    case 'bytes':
      return 'base64 text';
    case 'embedding':
      return `an array of ${dimensions ?? 'finite'} numbers`;
    default:
      return `an array of ${type === 'string_list' ? 'strings' : type === 'int_list' ? 'integers' : 'numbers'}`;
  }
}

function readInt(value: unknown): number | bigint | undefined {
  if (typeof value === 'bigint') return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function readFloat(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function readText(value: unknown): string | undefined {
  const fits = typeof value === 'string' && value.length <= TEXT_LENGTH_MAX && value.isWellFormed();
  return fits ? value : undefined;
}

function readList(
  value: unknown,
  readItem: (item: unknown) => FeatureValue | undefined,
): FeatureValue | undefined {
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) return undefined;
  const items: FeatureValue[] = [];
  for (const raw of value as unknown[]) {
    const item = readItem(raw);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function readEmbedding(value: unknown, dimensions: number | undefined): FeatureValue | undefined {
  if (dimensions !== undefined && Array.isArray(value) && value.length !== dimensions) return undefined;
  return readList(value, readFloat);
}
