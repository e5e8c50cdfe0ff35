import { MillraceError, parseInstant, type Instant } from '@millrace/core';
import type { RequestRow } from './rows/join-key.js';

/** `POST /v1/features`, checked. */
export interface FeaturesRequest {
  /** Exactly one of the two says what is read. */
  readonly service?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly entities: readonly RequestRow[];
  /** Values of request fields for derived features, one per entity. */
  readonly request?: readonly RequestRow[] | undefined;
  readonly asOf?: Instant | undefined;
  readonly evidence: boolean;
  readonly minPosition?: string | undefined;
  readonly waitMs?: number | undefined;
}

export interface RequestLimits {
  readonly entitiesMax: number;
  readonly featuresMax: number;
  /** The longest that a request may wait for a position. */
  readonly waitMsMax: number;
}

const MEMBERS = ['service', 'features', 'entities', 'request', 'asOf', 'evidence', 'minPosition', 'waitMs'];

/** @throws MillraceError BAD_REQUEST that names the member, TOO_MANY_ENTITIES. */
export function readFeaturesRequest(body: unknown, limits: RequestLimits): FeaturesRequest {
  if (!isObject(body)) throw wrong('body', 'a JSON object', body);
  for (const member of Object.keys(body)) {
    if (!MEMBERS.includes(member)) {
      throw new MillraceError('BAD_REQUEST', `${member}: unknown member; allowed: ${MEMBERS.join(', ')}`, {
        field: member,
      });
    }
  }
  const entities = rowsOf('entities', body['entities'], limits);
  const request = body['request'] === undefined ? undefined : rowsOf('request', body['request'], limits);
  if (request && request.length !== entities.length) {
    throw new MillraceError(
      'BAD_REQUEST',
      `request: expected one object per entity (${entities.length}), got ${request.length}`,
      { field: 'request' },
    );
  }
  const service = textOf('service', body['service']);
  // One literal: requests put together from parts, each of another shape, took more than parsing them.
  return {
    service,
    features: featuresOf(service, body['features'], limits),
    entities,
    request,
    asOf: instantOf(body['asOf']),
    evidence: booleanOf('evidence', body['evidence']),
    minPosition: textOf('minPosition', body['minPosition']),
    waitMs: waitOf(body['waitMs'], limits),
  };
}

function featuresOf(
  service: string | undefined,
  features: unknown,
  limits: RequestLimits,
): readonly string[] | undefined {
  if ((service === undefined) === (features === undefined)) {
    throw new MillraceError('BAD_REQUEST', 'give either service or features, and not both', {
      field: service === undefined ? 'service' : 'features',
    });
  }
  if (service !== undefined) return undefined;
  if (
    !Array.isArray(features) ||
    features.length === 0 ||
    !features.every((text) => typeof text === 'string')
  ) {
    throw wrong('features', 'an array of at least one "group:feature"', features);
  }
  if (features.length > limits.featuresMax) {
    throw wrong('features', `at most ${limits.featuresMax} references`, features.length);
  }
  return features;
}

function rowsOf(member: string, value: unknown, limits: RequestLimits): RequestRow[] {
  if (!Array.isArray(value) || value.length === 0)
    throw wrong(member, 'an array of at least one object', value);
  if (value.length > limits.entitiesMax) {
    throw new MillraceError(
      'TOO_MANY_ENTITIES',
      `${member}: ${value.length} rows; at most ${limits.entitiesMax} are allowed in one request`,
      { field: member, got: value.length, allowed: limits.entitiesMax },
    );
  }
  for (const [index, row] of value.entries()) {
    if (!isObject(row)) throw wrong(`${member}[${index}]`, 'an object', row);
  }
  return value as RequestRow[];
}

function instantOf(value: unknown): Instant | undefined {
  if (value === undefined || value === null) return undefined;
  const instant = parseInstant(value);
  if (instant !== undefined) return instant;
  throw wrong('asOf', 'an RFC 3339 time with an offset, or integer milliseconds since the epoch', value);
}

function booleanOf(member: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw wrong(member, 'true or false', value);
}

function textOf(member: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(member, 'a text that is not empty', value);
}

function waitOf(value: unknown, limits: RequestLimits): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limits.waitMsMax) {
    return value;
  }
  throw wrong('waitMs', `an integer from 0 to ${limits.waitMsMax}`, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, expected: string, got: unknown): MillraceError {
  return new MillraceError('BAD_REQUEST', `${field}: expected ${expected}, got ${kindOf(got)}`, { field });
}

/** What was sent, without repeating it: bodies may be large and private. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : `a ${typeof value}`;
}
