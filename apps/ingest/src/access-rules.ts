import type { AccessRules } from '@millrace/http';
import type { FastifyRequest } from 'fastify';

const sourceOf = (request: FastifyRequest): string[] => [(request.params as { source: string }).source];

/** What of the ingest app is open to which keys; all else is for `admin`. */
export const ACCESS_RULES: AccessRules = {
  'POST /v1/events/:source': { scope: 'write', names: sourceOf },
};
