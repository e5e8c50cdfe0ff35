/** What of the api app is open to which keys; all else is for `admin`. */
import type { AccessRule, AccessRules } from '@millrace/http';
import { parseFeatureReference, type Scope } from '@millrace/core';
import type { FastifyRequest } from 'fastify';
import { KIND_ROUTES } from './admin/definition-kinds.js';

const nameOf = (request: FastifyRequest): string[] => [(request.params as { name: string }).name];

/** Services and groups that a read names; a body that is no such request names nothing, and is refused later. */
function namesRead({ body }: FastifyRequest): string[] {
  const service = member(body, 'service') ?? member(body, 'feature_service');
  const features = member(body, 'features');
  return [
    ...(typeof service === 'string' ? [service] : []),
    ...(Array.isArray(features) ? features.map(groupOf) : []),
  ];
}

const groupOf = (reference: unknown): string =>
  parseFeatureReference(String(reference))?.group ?? String(reference);

function namesApplied({ body }: FastifyRequest): string[] {
  // Pruning removes whatever is not named, so no pattern can cover it.
  if (member(body, 'prune') === true) return [];
  const definitions = member(body, 'definitions');
  return Array.isArray(definitions)
    ? definitions.map((definition) => String(member(definition, 'name')))
    : [];
}

function pushSource({ body }: FastifyRequest): string[] {
  const source = member(body, 'push_source_name') ?? member(body, 'feature_view_name');
  return typeof source === 'string' ? [source] : [];
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const of = (scope: Scope, names?: (request: FastifyRequest) => string[]): AccessRule =>
  names === undefined ? { scope } : { scope, names };

const definitionRules: AccessRules = Object.fromEntries(
  KIND_ROUTES.flatMap(({ path }) => [
    [`GET /v1/${path}`, of('read')],
    [`GET /v1/${path}/:name`, of('read', nameOf)],
    [`GET /v1/${path}/:name/versions`, of('read', nameOf)],
    [`GET /v1/${path}/:name/versions/:version`, of('read', nameOf)],
    [`PUT /v1/${path}/:name`, of('admin', nameOf)],
    [`DELETE /v1/${path}/:name`, of('admin', nameOf)],
  ]),
);

export const ACCESS_RULES: AccessRules = {
  'GET /health': 'open',
  'POST /v1/features': of('read', namesRead),
  'POST /get-online-features': of('read', namesRead),
  'POST /push': of('write', pushSource),
  'POST /write-to-online-store': of('write', pushSource),
  'POST /materialize': of('write'),
  'POST /materialize-incremental': of('write'),
  'POST /v1/apply': of('admin', namesApplied),
  'GET /v1/changes': of('read'),
  'GET /v1/lineage': of('read'),
  'GET /v1/lineage/:kind/:name': of('read'),
  'GET /v1/freshness': of('read'),
  'GET /v1/partitions': of('read'),
  'GET /v1/usage': of('read'),
  'GET /v1/catch-up': of('read'),
  'GET /v1/processes': of('read'),
  ...definitionRules,
};

/** The page's files hold nothing that a key protects, and the page has to load before it can ask for one. */
export function pageRules(files: readonly { readonly route: string }[]): AccessRules {
  return Object.fromEntries(files.map(({ route }) => [`GET ${route}`, 'open']));
}
