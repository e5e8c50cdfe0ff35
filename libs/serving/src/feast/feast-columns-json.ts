import { MillraceError, type FeatureValue } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import type { ReadLayout } from '../layout/read-layout.js';
import { STATUS, STATUS_NAMES } from '../status.js';
import { exactJson } from '../wire/exact-json.js';
import { valueWriterOf, type ElementType, type ValueWriter } from '../wire/value-json.js';
import type { FeastReadRequest } from './feast-request.js';
import { feastInstantJson, ZERO_INSTANT_JSON } from './feast-instant.js';

/**
 * Writes answers of `POST /get-online-features`: by column, `results[i]` being the values, statuses and event
 * times of `metadata.feature_names[i]` for every row. The client infers types from single values, so floats
 * are written as floats and empty lists as null (feast-http.md §7).
 */
export class FeastColumnsJson {
  private readonly writers: readonly ValueWriter[];
  private readonly joinKeys: ReadonlySet<string>;

  constructor(private readonly layout: ReadLayout) {
    this.writers = layout.outputs.map(({ element }) => feastWriterOf(element));
    // The columns that are echoed: join keys, and request fields of derived features. Others are ignored.
    this.joinKeys = new Set([
      ...layout.entities.flatMap(({ entity }) => entity.joinKeys.map(({ name }) => name)),
      ...layout.derived.flatMap(({ requestFields }) => requestFields),
    ]);
  }

  /** The whole body. @throws MillraceError FEATURE_NAME_COLLISION where names clash. */
  write(request: FeastReadRequest, vectors: FeatureVectors): string {
    const echoed = request.columns.filter((name) => this.echoes(name));
    const names = this.namesOf(request.fullFeatureNames);
    return feastBody(request, echoed, new Map(names.map((name, i) => [name, this.columnOf(i, vectors)])));
  }

  /** Whether a column of the request is a join key or a request field, and comes back. */
  echoes(column: string): boolean {
    return this.joinKeys.has(column);
  }

  /** Names of the features in an answer. @throws MillraceError FEATURE_NAME_COLLISION. */
  namesOf(full: boolean): string[] {
    const names = this.layout.outputs.map(({ group, feature }) => (full ? `${group}__${feature}` : feature));
    const clash = names.find((name, i) => names.indexOf(name) !== i);
    if (clash === undefined) return names;
    throw new MillraceError(
      'FEATURE_NAME_COLLISION',
      `Duplicate features named ${clash} found; use full_feature_names=True, or read one version of a view at a time`,
    );
  }

  /** The cells of one feature, in the order of the vectors' rows. */
  columnOf(output: number, vectors: FeatureVectors): FeastColumn {
    const write = this.writers[output] as ValueWriter;
    const groupIndex = this.layout.outputs[output]?.groupIndex ?? 0;
    const values: string[] = [];
    const statuses: string[] = [];
    const times: string[] = [];
    for (let row = 0; row < vectors.rows; row++) {
      const at = row * vectors.slots + output;
      const json = write(vectors.values[at] ?? null);
      const status = vectors.statuses[at] as keyof typeof STATUS_NAMES & number;
      values.push(json);
      const shown = json === 'null' && status === STATUS.PRESENT ? STATUS.NULL_VALUE : status;
      statuses.push(`"${STATUS_NAMES[shown]}"`);
      times.push(feastInstantJson(vectors.eventTimes[row * vectors.groups + groupIndex] ?? -Infinity));
    }
    return { values, statuses, times };
  }
}

/** One column of an answer: JSON texts by row. */
export interface FeastColumn {
  readonly values: string[];
  readonly statuses: string[];
  readonly times: string[];
}

/** A body: the request's own columns, then those of the features. */
export function feastBody(
  request: FeastReadRequest,
  echoed: readonly string[],
  features: ReadonlyMap<string, FeastColumn>,
  variants?: readonly string[],
): string {
  const names = JSON.stringify([...echoed, ...features.keys()]);
  const columns = [...echoed.map((name) => echoedColumn(name, request)), ...features.values()];
  const split = variants === undefined ? '' : `,"variants":${JSON.stringify(variants)}`;
  return `{"metadata":{"feature_names":${names}${split}},"results":[${columns.map(columnJson).join(',')}]}`;
}

function echoedColumn(name: string, { rows }: FeastReadRequest): FeastColumn {
  return {
    values: rows.map((row) => exactJson(row[name])),
    statuses: rows.map(() => '"PRESENT"'),
    times: rows.map(() => ZERO_INSTANT_JSON),
  };
}

function columnJson({ values, statuses, times }: FeastColumn): string {
  // Feast leaves the times out where there are none.
  const eventTimes = times.length === 0 ? '' : `,"event_timestamps":[${times.join(',')}]`;
  return `{"values":[${values.join(',')}],"statuses":[${statuses.join(',')}]${eventTimes}}`;
}

function feastWriterOf(element: ElementType): ValueWriter {
  if (element !== 'timestamp') {
    const write = valueWriterOf(element);
    return (value) => write(inferable(value));
  }
  const write = valueWriterOf('int');
  return (value) => write(inferable(value, wholeSeconds));
}

/**
 * The value in a form whose type a client can infer from it alone: empty lists and maps, and lists that hold
 * a null, become null.
 */
function inferable(
  value: FeatureValue,
  scalar: (value: FeatureValue) => FeatureValue = (same) => same,
): FeatureValue {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (isMap(value)) {
    if (value.map.length === 0) return null;
    return { map: value.map.map(([key, each]) => [key, inferable(each, scalar)] as const) };
  }
  const items = value.map((each) => inferable(each, scalar));
  return items.length === 0 || items.includes(null) ? null : items;
}

/** Feast's timestamps are whole seconds since the epoch. */
function wholeSeconds(value: FeatureValue): FeatureValue {
  return typeof value === 'number' ? Math.floor(value / 1_000) : value;
}

type Composite = Exclude<FeatureValue, null | number | bigint | string | boolean>;
type FeatureMap = Extract<Composite, { readonly map: readonly (readonly [string, FeatureValue])[] }>;

function isMap(value: Composite): value is FeatureMap {
  return !Array.isArray(value);
}
