import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { MillraceError, parseExactJson } from '@millrace/core';

const gunzip = promisify(gunzipCallback);

export type BodyFormat = 'json' | 'ndjson';

/** Stands among the events of a body for a line that is no JSON. */
export class NotJson {
  constructor(readonly reason: string) {}
}

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly eventsPerRequestMax: number;
}

/**
 * The bytes of a body after `content-encoding`. A body that unzips to more than the limit is refused when it
 * reaches it, not after.
 */
export async function unzipBody(
  body: Buffer,
  encoding: string | undefined,
  bytesMax: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  if (encoding.toLowerCase() !== 'gzip') {
    const message = `content-encoding ${JSON.stringify(encoding)} is not supported; allowed: gzip, identity`;
    throw new MillraceError('UNSUPPORTED_MEDIA_TYPE', message);
  }
  try {
    return await gunzip(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new MillraceError('BODY_TOO_LARGE', `the body unzips to more than ${bytesMax} bytes`);
    }
    throw new MillraceError('BAD_REQUEST', `the body is no gzip: ${(error as Error).message}`);
  }
}

/** The events of a body (JSON values, or NotJson): one object, an array, or one object a line. @throws MillraceError 400, 413 */
export function readBody(body: Buffer, format: BodyFormat, limits: BodyLimits): unknown[] {
  if (!isUtf8(body)) throw new MillraceError('BODY_NOT_JSON', 'the body is not valid UTF-8');
  const events = format === 'ndjson' ? readLines(body.toString('utf8')) : readJson(body.toString('utf8'));
  if (events.length > limits.eventsPerRequestMax) {
    const message = `${events.length} events in one request; at most ${limits.eventsPerRequestMax} are allowed`;
    throw new MillraceError('BODY_TOO_LARGE', message, { eventsMax: limits.eventsPerRequestMax });
  }
  return events;
}

function readJson(text: string): unknown[] {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    throw new MillraceError('BODY_NOT_JSON', `the body is no JSON: ${(error as Error).message}`);
  }
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function readLines(text: string): unknown[] {
  const events: unknown[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      events.push(parseExactJson(line));
    } catch (error) {
      events.push(new NotJson((error as Error).message));
    }
  }
  return events;
}
