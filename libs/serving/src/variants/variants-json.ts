import type { Instant } from '@millrace/core';
import { feastBody, type FeastColumn, type FeastColumnsJson } from '../feast/feast-columns-json.js';
import { ZERO_INSTANT_JSON } from '../feast/feast-instant.js';
import type { FeastReadRequest } from '../feast/feast-request.js';
import type { FeatureVectors } from '../feature-vectors.js';
import { checkAnswerSize } from '../wire/answer-size.js';
import { instantJson } from '../wire/value-json.js';
import type { VectorsJson } from '../wire/vectors-json.js';
import type { VariantRows } from './entity-split.js';

/** Rows of one variant with what was read for them. */
export interface AnsweredRows<V> extends VariantRows<V> {
  readonly vectors: FeatureVectors;
}

interface WritingVariant {
  readonly variant: string | undefined;
  readonly json: VectorsJson;
  readonly feast: FeastColumnsJson;
}

/**
 * The body of `POST /v1/features`, rows in the order of the request; each names its variant.
 * @throws MillraceError TOO_MANY_ENTITIES where it would be longer than an answer may be.
 */
export function variantVectorsJson(
  asOf: Instant,
  parts: readonly AnsweredRows<WritingVariant>[],
  evidence: boolean,
): string {
  const results: string[] = [];
  let length = 0;
  for (const { variant, rows, places, vectors } of parts)
    for (const [row, place] of places.entries()) {
      const result = variant.json.result(row, asOf, rows, vectors, evidence);
      checkAnswerSize((length += result.length));
      results[place] = result;
    }
  return `{"asOf":${instantJson(asOf)},"results":[${results.join(',')}]}`;
}

/**
 * The body of `POST /get-online-features`: the columns of all variants, whichever the rows belong to. In a column
 * that the variant of a row does not serve the row is NOT_FOUND. The variants stand beside the names of the
 * columns, where Feast's client does not look.
 * @throws MillraceError FEATURE_NAME_COLLISION, TOO_MANY_ENTITIES.
 */
export function variantColumnsJson(
  request: FeastReadRequest,
  variants: readonly WritingVariant[],
  parts: readonly AnsweredRows<WritingVariant>[],
): string {
  const features = new Map<string, FeastColumn>();
  for (const { feast } of variants)
    for (const name of feast.namesOf(request.fullFeatureNames))
      features.set(name, features.get(name) ?? absentColumn(request.rows.length));
  const variantOf: string[] = [];
  let length = 0;
  for (const { variant, places, vectors } of parts) {
    for (const place of places) variantOf[place] = variant.variant ?? '';
    for (const [output, name] of variant.feast.namesOf(request.fullFeatureNames).entries()) {
      const column = variant.feast.columnOf(output, vectors, length);
      length += column.length;
      fill(features.get(name), column, places);
    }
  }
  const echoed = request.columns.flatMap((name): [string, FeastColumn][] => {
    // Whichever variant knows the column: it is the same request's.
    const [column] = variants.flatMap(({ feast }) => feast.echoOf(name, request) ?? []);
    return column ? [[name, column]] : [];
  });
  return feastBody(echoed, features, variantOf);
}

function fill(into: FeastColumn | undefined, own: FeastColumn, places: readonly number[]): void {
  if (!into) return;
  for (const [row, place] of places.entries()) {
    into.values[place] = own.values[row] as string;
    into.statuses[place] = own.statuses[row] as string;
    into.times[place] = own.times[row] as string;
  }
}

function absentColumn(rows: number): FeastColumn {
  const filled = (json: string): string[] => Array.from({ length: rows }, () => json);
  return {
    values: filled('null'),
    statuses: filled('"NOT_FOUND"'),
    times: filled(ZERO_INSTANT_JSON),
    length: 4 * rows,
  };
}
