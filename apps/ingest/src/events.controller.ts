import { Controller, Headers, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { MillraceError } from '@millrace/core';
import type { PlanWatcher } from '@millrace/redis';
import { encodePosition } from '@millrace/stream';
import type { Tracing } from '@millrace/telemetry';
import type { FastifyRequest } from 'fastify';
import { readBody, unzipBody, type BodyFormat } from './body.js';
import type { IngestConfig } from './config.js';
import type { Intake } from './intake.js';
import { CONFIG, INGEST_METRICS, INTAKE, PLAN, TRACING } from './tokens.js';
import type { IngestMetrics } from './ingest-metrics.js';
import { ReceiptBody } from './receipt.js';
import type { SourceCatalog } from './source-catalog.js';

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
const NDJSON = /^application\/(x-ndjson|ndjson|jsonl)\b/i;

/** Its members are the fields of the source. */
const EVENT = { type: 'object', additionalProperties: true } as const;

const NOT_READ = 'no feature group reads this source yet: the events were checked and are kept nowhere';

@ApiTags('events')
@Controller('v1/events')
export class EventsController {
  constructor(
    @Inject(CONFIG) private readonly config: IngestConfig,
    @Inject(PLAN) private readonly plan: PlanWatcher<SourceCatalog>,
    @Inject(INTAKE) private readonly intake: Intake,
    @Inject(INGEST_METRICS) private readonly metrics: IngestMetrics,
    @Inject(TRACING) private readonly tracing: Tracing | undefined,
  ) {}

  @Post(':source')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send events to a source',
    description:
      'One JSON object, a JSON array, or one object a line (application/x-ndjson); gzip is accepted. A wrong event ' +
      'rejects itself, never its neighbours. 202 means: in Redis, as durable as its AOF is configured, and each ' +
      'accepted event takes effect exactly once. A retry is safe where the source has an idField or the request an ' +
      'Idempotency-Key; without either it may count twice.',
  })
  @ApiConsumes('application/json', 'application/x-ndjson')
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Makes a retry of the same body safe' })
  @ApiBody({ schema: { oneOf: [EVENT, { type: 'array', items: EVENT }] } })
  @ApiAcceptedResponse({ type: ReceiptBody })
  @ApiResponse({ status: 400, description: 'The body is no JSON' })
  @ApiResponse({ status: 404, description: 'There is no such stream source' })
  @ApiResponse({ status: 413, description: 'The body or its number of events is over the limit' })
  @ApiResponse({ status: 415, description: 'The content type or encoding is not supported' })
  @ApiResponse({ status: 429, description: 'The mailboxes are full: wait for Retry-After' })
  @ApiResponse({ status: 503, description: 'Redis does not answer, or no plan is loaded yet' })
  async send(
    @Param('source') source: string,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<ReceiptBody> {
    if (!this.tracing) return this.take(source, idempotencyKey, request);
    const { traceparent: caller } = request.headers;
    const span = this.tracing.begin('POST /v1/events/{source}', caller?.toString(), {
      'millrace.source': source,
    });
    try {
      const receipt = await this.take(source, idempotencyKey, request, span.traceparent);
      span.end({ 'millrace.accepted': receipt.accepted, 'millrace.rejected': receipt.rejected.length });
      return receipt;
    } catch (error) {
      span.end({}, error);
      throw error;
    }
  }

  private async take(
    source: string,
    idempotencyKey: string | undefined,
    request: FastifyRequest,
    traceparent?: string,
  ): Promise<ReceiptBody> {
    const plan = this.plan.current;
    if (!plan) throw new MillraceError('NOT_READY', 'no plan is loaded yet', { retryAfterMs: 1_000 });
    const reader = plan.compiled.reader(source);
    if (idempotencyKey !== undefined && idempotencyKey.length > IDEMPOTENCY_KEY_LENGTH_MAX) {
      const message = `Idempotency-Key has ${idempotencyKey.length} characters, at most ${IDEMPOTENCY_KEY_LENGTH_MAX} are allowed`;
      throw new MillraceError('BAD_REQUEST', message);
    }
    const body = await unzipBody(
      bytesOf(request.body),
      request.headers['content-encoding'],
      this.config.bodyBytesMax,
    );
    const events = readBody(body, formatOf(request), this.config);
    const receipt = await this.intake.submit(reader, { events, idempotencyKey, traceparent });
    this.metrics.record(source, body.length, receipt);
    return {
      accepted: receipt.accepted,
      duplicates: receipt.duplicates,
      rejected: [...receipt.rejected],
      position: encodePosition(receipt.position),
      ...(reader.routes.length === 0 && { notice: NOT_READ }),
    };
  }
}

function bytesOf(body: unknown): Buffer {
  // Fastify leaves the body out where the request has none.
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function formatOf(request: FastifyRequest): BodyFormat {
  return NDJSON.test(request.headers['content-type'] ?? '') ? 'ndjson' : 'json';
}
