import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Instant } from '@millrace/core';
import type { PlanWatcher } from '@millrace/redis';
import {
  readFeaturesRequest,
  readPosition,
  waitUntilApplied,
  type CommittedOffsets,
  type ReadGate,
  type ServingPlan,
} from '@millrace/serving';
import type { ApiConfig } from './config.js';
import { loadedPlan } from './loaded-plan.js';
import { FeaturesAnswer, FeaturesBody } from './features.wire.js';
import { CLOCK, CONFIG, GATE, OFFSETS, PLAN, WAITS } from './tokens.js';

@ApiTags('features')
@Controller('v1/features')
export class FeaturesController {
  constructor(
    @Inject(CONFIG) private readonly config: ApiConfig,
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(OFFSETS) private readonly offsets: CommittedOffsets,
    @Inject(GATE) private readonly gate: ReadGate,
    @Inject(WAITS) private readonly waits: ReadGate,
    @Inject(CLOCK) private readonly now: () => Instant,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Read feature vectors',
    description:
      'The features of a service, or single ones, for one or many entities, read in one round trip and finished at ' +
      'the instant of the read. A value of status NOT_FOUND, NULL_VALUE or OUTSIDE_MAX_AGE is null or its default.',
  })
  @ApiBody({ type: FeaturesBody })
  @ApiOkResponse({ type: FeaturesAnswer })
  @ApiResponse({ status: 400, description: 'The body is no JSON, or not of this form' })
  @ApiResponse({ status: 404, description: 'There is no such service, group or feature' })
  @ApiResponse({ status: 413, description: 'More entities or bytes than one request may hold' })
  @ApiResponse({ status: 422, description: 'A join key is missing or wrong, or asOf lies in the past' })
  @ApiResponse({ status: 429, description: 'Too much is being read, or waits: come back after Retry-After' })
  @ApiResponse({ status: 504, description: 'minPosition was not applied within waitMs' })
  @ApiResponse({ status: 503, description: 'Redis does not answer, or no plan is loaded yet' })
  read(@Body() body: unknown): Promise<Buffer> {
    return this.answer(body, (json) => Buffer.from(json));
  }

  /** @param use gets the body of the answer, as `ServingPlan.answer` says */
  async answer<T>(body: unknown, use: (json: Buffer) => T): Promise<T> {
    const plan = loadedPlan(this.plan);
    const request = readFeaturesRequest(body, this.config.limits);
    if (request.minPosition !== undefined) {
      const position = readPosition(request.minPosition, plan.document);
      const waitMs = request.waitMs ?? this.config.limits.waitMsMax;
      // By a gate of their own: those who wait for a slow worker must not keep out those who do not.
      await this.waits.pass(1, () => waitUntilApplied(position, waitMs, this.offsets));
    }
    return this.gate.pass(request.entities.length, () => plan.compiled.answer(request, this.now(), use));
  }
}
