import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageFile } from './page-files.js';

/**
 * The page loads its own files and talks to its own origin, nothing else; no inline script or style, no
 * frame around it, no text that becomes script.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
};

/** The document is asked for anew each time and mostly answered 304; what it loads is kept for a year. */
const CACHE_DOCUMENT = 'no-cache';
const CACHE_IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * The page's files, on the server itself: they hold nothing that a key protects, and the page has to load
 * before it can ask for one.
 */
export function mountPage(server: FastifyInstance, files: readonly PageFile[]): void {
  for (const file of files) {
    server.get(file.route, (request, reply) => sendFile(file, request, reply));
  }
}

function sendFile(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.headers({
    ...HEADERS,
    etag: file.entityTag,
    'cache-control': file.immutable ? CACHE_IMMUTABLE : CACHE_DOCUMENT,
  });
  if (names(request.headers['if-none-match'], file.entityTag)) return reply.status(304).send();
  const [coding, body] = codedFor(request.headers['accept-encoding'] ?? '', file);
  if (coding !== undefined) void reply.header('content-encoding', coding);
  return reply.type(file.contentType).send(body);
}

function names(condition: string | undefined, entityTag: string): boolean {
  return condition !== undefined && condition.split(',').some((tag) => tag.trim() === entityTag);
}

/** The smallest form that the client accepts. */
function codedFor(accepted: string, file: PageFile): [coding: string | undefined, body: Buffer] {
  if (file.brotli && accepts(accepted, 'br')) return ['br', file.brotli];
  if (file.gzip && accepts(accepted, 'gzip')) return ['gzip', file.gzip];
  return [undefined, file.plain];
}

function accepts(accepted: string, coding: string): boolean {
  return accepted.split(',').some((part) => {
    const [name, ...parameters] = part.split(';').map((text) => text.trim());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
