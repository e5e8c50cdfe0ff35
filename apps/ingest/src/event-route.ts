/**
 * `POST /v1/events/{source}`, mounted on the server itself: of the processor time of a request with one event, what
 * Nest does for a route (its router, parameters, interceptors, filters) would be a fifth.
 */
import { MillraceError } from '@millrace/core';
import { sendProblem } from '@millrace/http';
import type { PlanWatcher } from '@millrace/redis';
import type { Logger, Tracing } from '@millrace/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody, unzipBody, type BodyLimits } from './body.js';
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
  readonly plan: PlanWatcher<SourceCatalog>;
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
}

type EventRequest = FastifyRequest<{ Params: { source: string } }>;

/** Mounts the route; its content types are the server's. */
export function mountEventRoute(server: FastifyInstance, parts: EventRouteParts): void {
  const take = parts.tracing === undefined ? takeEvents : takeTraced(parts.tracing);
  server.route<{ Params: { source: string } }>({
    method: 'POST',
    url: '/v1/events/:source',
    handler: async (request, reply) => {
      const { receipt, notice } = await take(parts, request);
      reply.statusCode = 202;
      reply.header('content-type', 'application/json; charset=utf-8');
      return writeReceipt(receipt, notice);
    },
    errorHandler: (error, request, reply) => {
      parts.metrics.refused(error);
      sendProblem(error, request, reply, parts.logger);
    },
  });
}

interface Taken {
  readonly receipt: Receipt;
  readonly notice: string | undefined;
}

async function takeEvents(
  parts: EventRouteParts,
  request: EventRequest,
  traceparent?: string,
): Promise<Taken> {
  const { headers } = request;
  const { source } = request.params;
  const plan = parts.plan.current;
  if (!plan) throw new MillraceError('NOT_READY', 'no plan is loaded yet', { retryAfterMs: 1_000 });
  const reader = plan.compiled.reader(source);
  const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
  const encoding = headers['content-encoding'];
  let body = Buffer.isBuffer(request.body) ? request.body : NO_BODY;
  if (encoding !== undefined) body = await unzipBody(body, encoding, parts.limits.bodyBytesMax);
  const format = NDJSON.test(headers['content-type'] ?? '') ? 'ndjson' : 'json';
  const events = readBody(body, format, parts.limits);
  const receipt = await parts.intake.submit(reader, { events, idempotencyKey, traceparent });
  parts.metrics.record(source, body.length, receipt);
  return { receipt, notice: noticeOf(reader, events) };
}

const takeTraced =
  (tracing: Tracing) =>
  async (parts: EventRouteParts, request: EventRequest): Promise<Taken> => {
    const caller = request.headers['traceparent']?.toString();
    const attributes = { 'millrace.source': request.params.source };
    const span = tracing.begin('POST /v1/events/{source}', caller, attributes);
    try {
      const taken = await takeEvents(parts, request, span.traceparent);
      const { accepted, rejected } = taken.receipt;
      span.end({ 'millrace.accepted': accepted, 'millrace.rejected': rejected.length });
      return taken;
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
