import { MillraceError } from '@millrace/core';
import type { RequestRow } from '../rows/join-key.js';

/** `POST /get-online-features`, checked and turned from columns into rows. */
export interface FeastReadRequest {
  readonly service?: string;
  readonly features: readonly string[];
  readonly fullFeatureNames: boolean;
  /** The columns of the request, in its order. */
  readonly columns: readonly string[];
  readonly rows: readonly RequestRow[];
}

export interface FeastRequestLimits {
  readonly entitiesMax: number;
  readonly featuresMax: number;
}

/** Members that Feast does not know are ignored, as Feast does. @throws MillraceError. */
export function readFeastRequest(body: unknown, limits: FeastRequestLimits): FeastReadRequest {
  if (!isObject(body)) throw wrong('body', 'a JSON object');
  const service = body['feature_service'] ?? '';
  if (typeof service !== 'string') throw wrong('feature_service', 'a string or null');
  const features = readFeatures(body['features'] ?? [], limits);
  if (service === '' && features.length === 0) throw wrong('features', FEATURES_EXPECTED);
  const { columns, rows } = readEntities(body['entities'], limits.entitiesMax);
  return {
    // As in Feast, a service wins over a list.
    ...(service === '' ? { features } : { service, features: [] }),
    fullFeatureNames: readFlag(body, 'full_feature_names'),
    columns,
    rows,
  };
}

const FEATURES_EXPECTED = 'an array of at least one "feature_view:feature", or give a feature_service';

function readFeatures(value: unknown, { featuresMax }: FeastRequestLimits): string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    throw wrong('features', FEATURES_EXPECTED);
  }
  if (value.length > featuresMax) throw wrong('features', `at most ${featuresMax} references`);
  return value;
}

function readEntities(value: unknown, rowsMax: number): Pick<FeastReadRequest, 'columns' | 'rows'> {
  if (!isObject(value)) throw wrong('entities', 'an object of columns: { "join_key": [values] }');
  const columns = Object.entries(value);
  const [first] = columns;
  const length = Array.isArray(first?.[1]) ? first[1].length : 0;
  const rows = Array.from({ length: Math.min(length, rowsMax + 1) }, (): Record<string, unknown> => ({}));
  if (length > rowsMax) {
    throw new MillraceError('TOO_MANY_ENTITIES', `${length} entity rows; at most ${rowsMax} are allowed`);
  }
  for (const [name, cells] of columns) {
    if (!Array.isArray(cells)) throw wrong(`entities.${name}`, 'an array');
    if (cells.length !== length) throw wrong('entities', 'columns of one length: all rows need all columns');
    // Defined, not assigned: a column may be called `__proto__`.
    for (const [i, row] of rows.entries()) {
      Object.defineProperty(row, name, { value: cells[i] as unknown, enumerable: true });
    }
  }
  return { columns: columns.map(([name]) => name), rows };
}

function readFlag(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, expected: string): MillraceError {
  return new MillraceError('FEAST_REQUEST', `${field}: expected ${expected}`, { field });
}
