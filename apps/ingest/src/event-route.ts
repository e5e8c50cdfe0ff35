/**
 * `POST /v1/events/{source}`, mounted on the server itself: of the processor time of a request with one event, what
 * Nest does for a route (its router, parameters, interceptors, filters) would be a fifth. Before the server there is a door
 * for plain requests, which Node's HTTP server and Fastify would take as long for again.
 */
import { MillraceError } from '@millrace/core';
import {
  DoorAnswers,
  JSON_TYPE,
  mountConnectionDoor,
  problemAnswer,
  sendProblem,
  type DoorRoute,
  type KnownAccess,
} from '@millrace/http';
import type { PlanWatcher } from '@millrace/redis';
import type { Logger, Tracing } from '@millrace/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody, unzipBody, type BodyFormat, type BodyLimits } from './body.js';
import type { IngestMetrics } from './ingest-metrics.js';
import type { Intake } from './intake.js';
import { noticeOf } from './notice.js';
import { writeReceipt, type Receipt } from './receipt.js';
import type { SourceCatalog } from './source-catalog.js';

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
const NDJSON = /^application\/(x-ndjson|ndjson|jsonl)\b/i;
const NO_BODY = Buffer.alloc(0);

export interface EventRouteParts {
  readonly limits: BodyLimits;
  readonly isKnown: KnownAccess;
  readonly plan: PlanWatcher<SourceCatalog>;
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
}

/** One request, by whichever way it came. */
interface Sent {
  readonly source: string;
  /** Unzipped. */
  readonly body: Buffer;
  readonly format: BodyFormat;
  readonly idempotencyKey?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Mounts the route; its content types are the server's. */
export function mountEventRoute(server: FastifyInstance, parts: EventRouteParts): void {
  const { tracing, metrics, logger } = parts;
  const take = tracing === undefined ? takeRequest : takeTraced(tracing);
  server.route<{ Params: { source: string } }>({
    method: 'POST',
    url: '/v1/events/:source',
    handler: async (request, reply) => {
      const answer = await take(parts, request);
      reply.statusCode = 202;
      reply.header('content-type', JSON_TYPE);
      return answer;
    },
    errorHandler: (error, request, reply) => {
      metrics.refused(error);
      sendProblem(error, request, reply, logger);
    },
  });
  // Traces are Fastify's: a door does not look at what a caller says of its own.
  if (tracing === undefined) mountConnectionDoor(server, doorAnswers(parts));
}

const ADDRESS = '/v1/events/';
/** Names of sources need no more; whatever else an address has, Fastify takes apart. */
const SOURCE = /^[A-Za-z0-9_]+$/;

function doorAnswers(parts: EventRouteParts): DoorAnswers {
  const route: DoorRoute = {
    name: 'POST /v1/events/:source',
    status: 202,
    answer: async (body, url, use) => {
      const sent = { source: url.slice(ADDRESS.length), body, format: 'json' } as const;
      return use(Buffer.from((await takeEvents(parts, sent)).answer));
    },
  };
  return new DoorAnswers({
    routeFor: (url) =>
      url.startsWith(ADDRESS) && SOURCE.test(url.slice(ADDRESS.length)) ? route : undefined,
    isKnown: parts.isKnown,
    bodyBytesMax: parts.limits.bodyBytesMax,
    // What is counted, the route counts.
    observe: () => {},
    errorAnswer: (error, request) => {
      parts.metrics.refused(error);
      return problemAnswer(error, request, parts.logger);
    },
    onLost: (error, request) => parts.logger.error({ err: error, ...request }, 'events not answered'),
  });
}

type EventRequest = FastifyRequest<{ Params: { source: string } }>;

async function takeRequest(parts: EventRouteParts, request: EventRequest): Promise<string> {
  return (await takeEvents(parts, await sentBy(request, parts.limits))).answer;
}

async function sentBy(request: EventRequest, limits: BodyLimits): Promise<Sent> {
  const { headers, params, body } = request;
  const encoding = headers['content-encoding'];
  const bytes = Buffer.isBuffer(body) ? body : NO_BODY;
  return {
    source: params.source,
    body: encoding === undefined ? bytes : await unzipBody(bytes, encoding, limits.bodyBytesMax),
    format: NDJSON.test(headers['content-type'] ?? '') ? 'ndjson' : 'json',
    idempotencyKey: idempotencyKeyOf(headers['idempotency-key']),
  };
}

interface Taken {
  readonly receipt: Receipt;
  readonly answer: string;
}

async function takeEvents(parts: EventRouteParts, sent: Sent): Promise<Taken> {
  const { source, body, format, idempotencyKey, traceparent } = sent;
  const plan = parts.plan.current;
  if (!plan) throw new MillraceError('NOT_READY', 'no plan is loaded yet', { retryAfterMs: 1_000 });
  const reader = plan.compiled.reader(source);
  const events = readBody(body, format, parts.limits);
  const receipt = await parts.intake.submit(reader, { events, idempotencyKey, traceparent });
  parts.metrics.record(source, body.length, receipt);
  return { receipt, answer: writeReceipt(receipt, noticeOf(reader, events)) };
}

const takeTraced =
  (tracing: Tracing) =>
  async (parts: EventRouteParts, request: EventRequest): Promise<string> => {
    const caller = request.headers['traceparent']?.toString();
    const attributes = { 'millrace.source': request.params.source };
    const span = tracing.begin('POST /v1/events/{source}', caller, attributes);
    try {
      const sent = await sentBy(request, parts.limits);
      const { receipt, answer } = await takeEvents(parts, { ...sent, traceparent: span.traceparent });
      span.end({ 'millrace.accepted': receipt.accepted, 'millrace.rejected': receipt.rejected.length });
      return answer;
    } catch (error) {
      span.end({}, error);
      throw error;
    }
  };

function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  // Node joins a header that comes twice, but for a few of its own.
  const key = header?.toString();
  if (key === undefined || key.length <= IDEMPOTENCY_KEY_LENGTH_MAX) return key;
  const message = `Idempotency-Key has ${key.length} characters, at most ${IDEMPOTENCY_KEY_LENGTH_MAX} are allowed`;
  throw new MillraceError('BAD_REQUEST', message);
}
