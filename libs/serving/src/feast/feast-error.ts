import { MillraceError, type ErrorCode } from '@millrace/core';

/** An error as Feast's own server answers it. */
export interface FeastErrorAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Which class of `feast.errors` the client raises for which of our codes. Statuses are Feast's where it has
 * one; its own 500 for mistakes of the caller would make the client try four times, so those are 422 here.
 */
const CLASSES: Readonly<Partial<Record<ErrorCode, { readonly name: string; readonly status?: number }>>> = {
  UNKNOWN_SERVICE: { name: 'FeatureServiceNotFoundException' },
  UNKNOWN_FEATURE: { name: 'FeatureViewNotFoundException' },
  UNKNOWN_SOURCE: { name: 'PushSourceNotFoundException', status: 422 },
  ENTITY_KEY_MISSING: { name: 'FeastEntityDFMissingColumnsError' },
  REQUEST_FIELD_MISSING: { name: 'RequestDataNotFoundInEntityRowsException', status: 404 },
  FEATURE_NAME_COLLISION: { name: 'FeatureNameCollisionError' },
  FORBIDDEN: { name: 'FeastPermissionError' },
};

/**
 * The answer to an error on a Feast route: a JSON string whose content is JSON, from which the client makes
 * the very exception that Feast would have raised. Undefined for errors that are not the caller's to know.
 */
export function feastErrorOf(error: unknown): FeastErrorAnswer | undefined {
  if (!(error instanceof MillraceError)) return undefined;
  const known = CLASSES[error.code];
  return {
    status: known?.status ?? error.status,
    body: feastErrorBody(known?.name ?? 'FeastError', error.message),
  };
}

/** Double encoded: the client calls `json.loads` on the string that `response.json()` gives. */
export function feastErrorBody(className: string, message: string): string {
  return JSON.stringify(JSON.stringify({ module: 'feast.errors', class: className, message }));
}
