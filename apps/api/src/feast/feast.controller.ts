import { Body, Controller, Get, Header, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Instant, PlanDocument, PushedGroupPlan } from '@millrace/core';
import type { PlanWatcher, RedisConnection } from '@millrace/redis';
import {
  groupsOfSource,
  parseFeastInstant,
  readFeastRequest,
  readFeastPush,
  readFeastWrite,
  readPush,
  versionsOfGroup,
  type PushColumns,
  type PushLimits,
  type ReadGate,
  type RowStore,
  type ServingPlan,
} from '@millrace/serving';
import type { FastifyReply } from 'fastify';
import type { ApiConfig } from '../config.js';
import { loadedPlan } from '../loaded-plan.js';
import { CLOCK, CONFIG, GATE, PLAN, REDIS, ROWS } from '../tokens.js';
import { FeastAnswer, FeastPushBody, FeastReadBody, FeastWriteBody } from './feast.wire.js';

const JSON_TYPE = 'application/json';
const TOO_MUCH = {
  status: 429,
  description: 'Too much is being read or written: come back after Retry-After',
};

/** The routes of Feast's own feature server, so that its clients need no change (docs/feast.md). */
@ApiTags('feast')
@Controller()
export class FeastController {
  constructor(
    @Inject(CONFIG) private readonly config: ApiConfig,
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(REDIS) private readonly redis: RedisConnection,
    @Inject(ROWS) private readonly rows: RowStore,
    @Inject(GATE) private readonly gate: ReadGate,
    @Inject(CLOCK) private readonly now: () => Instant,
  ) {}

  @Post('get-online-features')
  @HttpCode(200)
  @ApiOperation({ summary: "Read features by Feast's contract, in columns" })
  @ApiBody({ type: FeastReadBody })
  @ApiOkResponse({ type: FeastAnswer })
  @ApiResponse({ status: 404, description: 'FeatureServiceNotFoundException, FeatureViewNotFoundException' })
  @ApiResponse({ status: 422, description: 'A join key is missing or wrong, or the body is' })
  @ApiResponse(TOO_MUCH)
  async read(@Body() body: unknown): Promise<Buffer> {
    const request = readFeastRequest(body, this.config.limits);
    const { compiled } = loadedPlan(this.plan);
    return this.gate.pass(request.rows.length, () => compiled.answerFeast(request, this.now()));
  }

  @Post('push')
  @HttpCode(200)
  @ApiOperation({ summary: 'Push rows of a source to every feature group that it feeds' })
  @ApiBody({ type: FeastPushBody })
  @ApiOkResponse({ description: 'Written; the body is empty' })
  @ApiResponse({ status: 422, description: 'PushSourceNotFoundException, or a row that does not fit' })
  @ApiResponse(TOO_MUCH)
  async push(@Body() body: unknown): Promise<void> {
    const { source, columns } = readFeastPush(body);
    const { document } = loadedPlan(this.plan);
    await this.store(document, groupsOfSource(document, source), columns);
  }

  @Post('write-to-online-store')
  @HttpCode(200)
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ summary: 'Write rows of one feature group' })
  @ApiBody({ type: FeastWriteBody })
  @ApiOkResponse({ description: 'Written; the body is null' })
  @ApiResponse({ status: 404, description: 'FeatureViewNotFoundException' })
  @ApiResponse({ status: 422, description: 'A row that does not fit' })
  @ApiResponse(TOO_MUCH)
  async write(@Body() body: unknown): Promise<string> {
    const { group, columns } = readFeastWrite(body);
    const { document } = loadedPlan(this.plan);
    await this.store(document, versionsOfGroup(document, group), columns);
    return 'null';
  }

  @Get('health')
  @ApiOperation({ summary: 'Whether features can be read', security: [] })
  @ApiOkResponse({ description: 'They can; the body is empty' })
  @ApiResponse({ status: 503, description: 'They cannot; the body is empty' })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const redis = await this.redis.ping().then(
      () => true,
      () => false,
    );
    reply.status(redis && this.plan.current ? 200 : 503);
  }

  /** Rows count as they were sent, however many groups take them: so one request always passes an empty gate. */
  private async store(
    document: PlanDocument,
    groups: readonly PushedGroupPlan[],
    columns: PushColumns,
  ): Promise<void> {
    const rows = readPush(document, groups, columns, this.pushLimits());
    await this.gate.pass(Math.ceil(rows.length / groups.length), () => this.rows.write(rows));
  }

  private pushLimits(): PushLimits {
    return {
      rowsMax: this.config.limits.entitiesMax,
      latest: this.now() + this.config.eventTimeAheadMaxMs,
      instant: parseFeastInstant,
    };
  }
}
