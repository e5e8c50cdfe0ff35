import { isUtf8 } from 'node:buffer';
import { MillraceError, parseExactJson } from '@millrace/core';
import type { FastifyInstance } from 'fastify';

/**
 * Reads JSON bodies exactly: integers beyond 2^53 come as bigint, because entity keys and pushed values may
 * be any int64. Bytes that are no UTF-8 are refused: they would name another entity.
 */
export function mountJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, readJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws MillraceError BODY_NOT_JSON */
export function readJsonBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw new MillraceError('BODY_NOT_JSON', 'the body is not valid UTF-8');
  try {
    return parseExactJson(body.toString('utf8'));
  } catch (error) {
    throw new MillraceError('BODY_NOT_JSON', `the body is no JSON: ${(error as Error).message}`);
  }
}
