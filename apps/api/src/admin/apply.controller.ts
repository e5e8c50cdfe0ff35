import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { callerOf } from '@millrace/http';
import type { ApplyResult, PlanPublisher, Registry, Removal } from '@millrace/registry';
import type { FastifyRequest } from 'fastify';
import type { PlanArrival } from './plan-arrival.js';
import { AppliedBody, ApplyBody } from './apply.wire.js';
import { readBody } from './read-body.js';
import { PLAN_ARRIVAL, PLAN_PUBLISHER, REGISTRY } from './tokens.js';

const TIMEOUT_MS_DEFAULT = 30_000;

@ApiTags('registry')
@Controller('v1/apply')
export class ApplyController {
  constructor(
    @Inject(REGISTRY) private readonly registry: Registry,
    @Inject(PLAN_PUBLISHER) private readonly publisher: PlanPublisher,
    @Inject(PLAN_ARRIVAL) private readonly arrival: PlanArrival,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Register definitions',
    description:
      'Creates and changes what the definitions say, wholly or not at all; with dryRun only tells what would ' +
      'change. Applying the same definitions again changes nothing.',
  })
  @ApiBody({ type: ApplyBody })
  @ApiOkResponse({ type: AppliedBody })
  @ApiResponse({ status: 409, description: 'The registry is not at expectedRevision any more' })
  @ApiResponse({ status: 422, description: 'Definitions are not valid: all their faults are in `faults`' })
  @ApiResponse({ status: 503, description: 'PostgreSQL does not answer' })
  async apply(@Body() raw: unknown, @Req() request: FastifyRequest): Promise<AppliedBody> {
    const body = readBody(ApplyBody, raw);
    const { definitions, expectedRevision } = body;
    const removal: Removal = body.prune === true ? { prune: true } : { prune: false, remove: [] };
    if (body.dryRun === true) {
      const result = await this.registry.plan({ definitions, removal });
      return appliedBody(result, { dryRun: true, published: false });
    }
    const aboveRevision = await this.publisher.heldRevision();
    const result = await this.registry.apply({
      definitions,
      removal,
      by: callerOf(request).name,
      ...(expectedRevision !== undefined && { expectedRevision }),
      ...(aboveRevision !== undefined && { aboveRevision }),
    });
    const published = await this.publisher.check();
    if (body.wait !== true) return appliedBody(result, { dryRun: false, published });
    const running = await this.arrival.wait(result.revision, body.timeoutMs ?? TIMEOUT_MS_DEFAULT);
    return appliedBody(result, { dryRun: false, published, running });
  }
}

function appliedBody(
  { revision, changes }: ApplyResult,
  told: Pick<AppliedBody, 'dryRun' | 'published' | 'running'>,
): AppliedBody {
  return { ...told, revision, ...changes };
}
