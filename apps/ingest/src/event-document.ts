import type { RoutesBesideNest } from '@millrace/http';

type Schema = RoutesBesideNest['schemas'][string];

/** Its members are the fields of the source. */
const EVENT: Schema = { type: 'object', additionalProperties: true };
const BODY = { schema: { oneOf: [EVENT, { type: 'array', items: EVENT } satisfies Schema] } };

/** How `POST /v1/events/{source}` looks to a client; it is no route of Nest's, so no decorator says so. */
export const EVENT_DOCUMENT: RoutesBesideNest = {
  paths: {
    '/v1/events/{source}': {
      post: {
        operationId: 'sendEvents',
        tags: ['events'],
        summary: 'Send events to a source',
        description:
          'One JSON object, a JSON array, or one object a line (application/x-ndjson); gzip is accepted. A wrong event ' +
          'rejects itself, never its neighbours. 202 means: in Redis, as durable as its AOF is configured, and each ' +
          'accepted event takes effect exactly once. A retry is safe where the source has an idField or the request an ' +
          'Idempotency-Key; without either it may count twice.',
        parameters: [
          { name: 'source', in: 'path', required: true, schema: { type: 'string' } },
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description: 'Makes a retry of the same body safe',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': BODY, 'application/x-ndjson': BODY },
        },
        responses: {
          202: {
            description: 'What became of the events',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ReceiptBody' } } },
          },
          400: { description: 'The body is no JSON' },
          404: { description: 'There is no such stream source' },
          413: { description: 'The body or its number of events is over the limit' },
          415: { description: 'The content type or encoding is not supported' },
          429: { description: 'The mailboxes are full: wait for Retry-After' },
          503: { description: 'Redis does not answer, or no plan is loaded yet' },
        },
      },
    },
  },
  schemas: {
    ReceiptBody: {
      type: 'object',
      required: ['accepted', 'duplicates', 'rejected', 'position'],
      properties: {
        accepted: { type: 'number', description: 'Events that will take effect, exactly once each' },
        duplicates: {
          type: 'number',
          description: 'Events whose ids were accepted before, within the horizon of de-duplication',
        },
        rejected: { type: 'array', items: { $ref: '#/components/schemas/RejectedEvent' } },
        position: {
          type: 'string',
          description: 'Opaque; as minPosition of a read it makes the read see these events',
        },
        notice: {
          type: 'string',
          description:
            'What the sender should know: that no group reads the source, or the first member that it has no field for',
        },
      },
    },
    RejectedEvent: {
      type: 'object',
      required: ['index', 'code', 'message'],
      properties: {
        index: {
          type: 'number',
          description: 'Place of the event in the request, from 0 (lines, for NDJSON)',
        },
        code: { type: 'string', description: 'What was wrong, for machines', example: 'FIELD_TYPE' },
        message: { type: 'string', example: 'delay: expected int, got "late"' },
        field: { type: 'string', example: 'delay' },
      },
    },
  },
};
