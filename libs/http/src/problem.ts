import { ERRORS, MillraceError, type ErrorCode } from '@millrace/core';

/** An answer in the form of RFC 9457 (`application/problem+json`), with a stable `code` for machines. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> & { readonly code: string };
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Statuses that the HTTP server itself raises before our code runs, by what they mean to a caller. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'NOT_READY',
};

/**
 * What a caller is told about an error. Ours speak for themselves; the server's own (a broken body, an
 * unknown route) keep their status; anything else is our fault: 500 without its message, which may hold data.
 *
 * @param bodyBytesMax what the server takes, of which its own error does not tell.
 */
export function problemOf(error: unknown, bodyBytesMax?: number): Problem {
  if (error instanceof MillraceError) {
    const { retryAfterMs, ...details } = error.details;
    return {
      status: error.status,
      headers: typeof retryAfterMs === 'number' ? { 'retry-after': retryAfterSeconds(retryAfterMs) } : {},
      body: { ...details, ...describe(error.code, error.message) },
    };
  }
  const status = statusOf(error);
  const code = status === undefined ? undefined : CODE_OF_STATUS[status];
  if (status !== undefined && status < 500) {
    const bodyCode = isBadJson(error) ? 'BODY_NOT_JSON' : (code ?? 'BAD_REQUEST');
    const detail =
      bodyCode === 'BODY_TOO_LARGE' && bodyBytesMax !== undefined
        ? `the body is larger than ${bodyBytesMax} bytes`
        : messageOf(error);
    return { status, headers: {}, body: { ...describe(bodyCode, detail), status } };
  }
  return { status: 500, headers: {}, body: describe('INTERNAL', 'the fault is in the log of this process') };
}

/** Whole seconds, at least one, as the `Retry-After` header wants them. */
export function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
}

function describe(code: ErrorCode, detail: string): Problem['body'] {
  const { status, title } = ERRORS[code];
  return { type: `urn:millrace:error:${code}`, title, status, code, detail };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('getStatus' in error && typeof error.getStatus === 'function') return Number(error.getStatus());
  if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  return undefined;
}

function isBadJson(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    error instanceof SyntaxError ||
    code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    code === 'FST_ERR_CTP_EMPTY_JSON_BODY'
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
