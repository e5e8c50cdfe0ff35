import type { ErrorCode } from '@millrace/core';

/** The stable code of a refusal; a newer server may know more of them. */
export type ProblemCode = ErrorCode | (string & {});

/** A problem document (RFC 9457): an answer that is no success. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What was wrong, for a person. */
  readonly detail: string;
  /** What was found, what is allowed, where; by code. */
  readonly [member: string]: unknown;
}

/** The server refused. Branch on `code`; the message may change. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;

  constructor(
    readonly problem: ProblemDocument,
    /** When to try again, where the server said so and this client's time was up before. */
    readonly retryAfterMs?: number,
  ) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = 'ProblemError';
    this.code = problem.code;
    this.status = problem.status;
  }
}

/** No answer came: no connection, or not in time. Whether the request took effect is not known. */
export class NoAnswerError extends Error {
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`no answer from ${url}: ${reason}`, options);
    this.name = 'NoAnswerError';
  }
}

/** Reads the body of a refusal; a proxy in between may have sent something else. */
export function problemOf(status: number, body: unknown, text: string): ProblemDocument {
  const members = typeof body === 'object' && body !== null ? body : {};
  return {
    type: 'about:blank',
    title: `status ${status}`,
    code: `HTTP_${status}`,
    detail: text.slice(0, 200) || `status ${status}`,
    ...members,
    status,
  };
}
