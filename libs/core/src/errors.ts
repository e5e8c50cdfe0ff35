/**
 * Every error that a caller can meet, on one line each: what it is called, which HTTP status it becomes,
 * and what it means. Codes are stable: clients may branch on them, messages may improve.
 */
export const ERRORS = {
  // The caller's mistakes.
  BODY_NOT_JSON: { status: 400, title: 'The body is not valid JSON' },
  BAD_REQUEST: { status: 400, title: 'The request does not have the expected form' },
  UNAUTHENTICATED: { status: 401, title: 'No valid credentials' },
  FORBIDDEN: { status: 403, title: 'The credentials do not allow this' },
  NOT_FOUND: { status: 404, title: 'There is no such route or object' },
  UNKNOWN_SOURCE: { status: 404, title: 'There is no such source' },
  UNKNOWN_SERVICE: { status: 404, title: 'There is no such feature service' },
  UNKNOWN_FEATURE: { status: 404, title: 'There is no such feature' },
  CONFLICT: { status: 409, title: 'The object changed in between' },
  GROUP_NOT_COMPUTED: { status: 409, title: 'This version of the feature group is not computed' },
  PRECONDITION_FAILED: { status: 412, title: 'The object is not the version that the request names' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is over the limit' },
  TOO_MANY_ENTITIES: { status: 413, title: 'The request names more entities than allowed' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type or encoding is not supported' },
  INVALID_DEFINITION: { status: 422, title: 'The definitions are not valid' },
  ENTITY_KEY_MISSING: { status: 422, title: 'A join key of the entity is missing' },
  ENTITY_KEY_TYPE: { status: 422, title: 'A join key of the entity has the wrong type' },
  REQUEST_FIELD_MISSING: { status: 422, title: 'A request field of a derived feature is missing' },
  REQUEST_FIELD_TYPE: { status: 422, title: 'A request field has the wrong type' },
  PUSH_INVALID: { status: 422, title: 'The pushed rows do not fit the feature group' },
  FEAST_REQUEST: { status: 422, title: "The request does not have the form of Feast's contract" },
  FEATURE_NAME_COLLISION: { status: 422, title: 'Two features of the answer would have the same name' },
  AS_OF_TOO_EARLY: { status: 422, title: 'The instant lies before the newest applied event' },
  POSITION_NOT_REACHED: { status: 504, title: 'The position was not applied in time' },
  MAILBOX_FULL: { status: 429, title: 'The mailboxes are full' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  OVERLOADED: { status: 429, title: 'This process has as much work as it can hold' },
  // Ours.
  INTERNAL: { status: 500, title: 'An unexpected fault' },
  REDIS_UNAVAILABLE: { status: 503, title: 'Redis does not answer' },
  POSTGRES_UNAVAILABLE: { status: 503, title: 'PostgreSQL does not answer' },
  ISSUER_UNAVAILABLE: { status: 503, title: 'The issuer of tokens does not answer' },
  NOT_READY: { status: 503, title: 'The process has not loaded its plan yet' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a stable code; one filter per app maps it to a problem document (RFC 9457). */
export class MillraceError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Extra members of the problem document: what was found, what is allowed, where. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'MillraceError';
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
