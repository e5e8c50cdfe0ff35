import { MillraceError, type FeatureValue } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import type { ReadLayout } from '../layout/read-layout.js';
import { STATUS, STATUS_NAMES } from '../status.js';
import { joinKeyText } from '../rows/join-key.js';
import { readTypedValue } from '../values/typed-value.js';
import { checkAnswerSize } from '../wire/answer-size.js';
import { elementTypeOf, valueWriterOf, type ElementType, type ValueWriter } from '../wire/value-json.js';
import type { FeastReadRequest } from './feast-request.js';
import { feastInstantJson, parseFeastInstant, ZERO_INSTANT_JSON } from './feast-instant.js';

/**
 * Writes answers of `POST /get-online-features`: by column, `results[i]` being the values, statuses and event
 * times of `metadata.feature_names[i]` for every row. The client infers types from single values, so floats
 * are written as floats and empty lists as null (feast-http.md §7).
 */
export class FeastColumnsJson {
  private readonly writers: readonly ValueWriter[];
  /**
   * By the columns that come back, join keys and request fields of derived features; others are ignored. They are
   * written by their declared types, as features are: a client infers theirs from the cells, too.
   */
  private readonly echoes = new Map<string, EchoWriter>();

  constructor(private readonly layout: ReadLayout) {
    this.writers = layout.outputs.map(({ element }) => feastWriterOf(element));
    for (const { name, type } of layout.derived.flatMap(({ requestFields }) => requestFields)) {
      const write = feastWriterOf(elementTypeOf(type));
      const typed = (cell: unknown): FeatureValue =>
        readTypedValue(type, cell, { instant: parseFeastInstant }) ?? null;
      this.echoes.set(name, (cell) => write(typed(cell)));
    }
    for (const { name, type } of layout.entities.flatMap(({ entity }) => entity.joinKeys)) {
      this.echoes.set(name, (cell) => (type === 'int' ? joinKeyText(type, cell) : JSON.stringify(cell)));
    }
  }

  /** The whole body. @throws MillraceError FEATURE_NAME_COLLISION where names clash. */
  write(request: FeastReadRequest, vectors: FeatureVectors): string {
    const echoed = request.columns.flatMap((name): [string, FeastColumn][] => {
      const column = this.echoOf(name, request);
      return column ? [[name, column]] : [];
    });
    const features = new Map<string, FeastColumn>();
    let length = 0;
    for (const [i, name] of this.namesOf(request.fullFeatureNames).entries()) {
      const column = this.columnOf(i, vectors, length);
      length += column.length;
      features.set(name, column);
    }
    return feastBody(echoed, features);
  }

  /** A column of the request as it comes back; undefined where it is neither a join key nor a request field. */
  echoOf(name: string, { rows }: FeastReadRequest): FeastColumn | undefined {
    const write = this.echoes.get(name);
    if (!write) return undefined;
    const values = rows.map((row) => write(row[name]) ?? 'null');
    return {
      values,
      statuses: values.map((json) => (json === 'null' ? '"NULL_VALUE"' : '"PRESENT"')),
      times: rows.map(() => ZERO_INSTANT_JSON),
      length: values.reduce((sum, json) => sum + json.length, 0),
    };
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

  /**
   * The cells of one feature, in the order of the vectors' rows.
   * @param before length of the columns that the answer has already
   * @throws MillraceError TOO_MANY_ENTITIES where the answer would be too long
   */
  columnOf(output: number, vectors: FeatureVectors, before: number): FeastColumn {
    const write = this.writers[output] as ValueWriter;
    const timeIndex = this.layout.outputs[output]?.timeIndex ?? 0;
    const values: string[] = [];
    const statuses: string[] = [];
    const times: string[] = [];
    let length = 0;
    for (let row = 0; row < vectors.rows; row++) {
      const at = row * vectors.slots + output;
      const json = write(vectors.values[at] ?? null);
      length += json.length;
      checkAnswerSize(before + length);
      const status = vectors.statuses[at] as keyof typeof STATUS_NAMES & number;
      values.push(json);
      const shown = json === 'null' && status === STATUS.PRESENT ? STATUS.NULL_VALUE : status;
      statuses.push(`"${STATUS_NAMES[shown]}"`);
      times.push(feastInstantJson(vectors.eventTimes[row * vectors.times + timeIndex] ?? -Infinity));
    }
    return { values, statuses, times, length };
  }
}

/** A checked cell of the request as JSON. */
type EchoWriter = (cell: unknown) => string | undefined;

/** One column of an answer: JSON texts by row. */
export interface FeastColumn {
  readonly values: string[];
  readonly statuses: string[];
  readonly times: string[];
  /** Characters of the values. */
  readonly length: number;
}

/** A body: the request's own columns, then those of the features. */
export function feastBody(
  echoed: readonly (readonly [string, FeastColumn])[],
  features: ReadonlyMap<string, FeastColumn>,
  variants?: readonly string[],
): string {
  const names = JSON.stringify([...echoed.map(([name]) => name), ...features.keys()]);
  const columns = [...echoed.map(([, column]) => column), ...features.values()];
  const split = variants === undefined ? '' : `,"variants":${JSON.stringify(variants)}`;
  return `{"metadata":{"feature_names":${names}${split}},"results":[${columns.map(columnJson).join(',')}]}`;
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
