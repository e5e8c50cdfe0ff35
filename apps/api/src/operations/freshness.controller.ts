import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Instant } from '@millrace/core';
import type { PlanWatcher } from '@millrace/redis';
import type { ServingPlan } from '@millrace/serving';
import { loadedPlan } from '../loaded-plan.js';
import { CLOCK, PLAN } from '../tokens.js';
import { FreshnessBody } from './operations.wire.js';
import type { GroupFreshness, PartitionReports } from './partition-reports.js';
import { PARTITION_REPORTS } from './tokens.js';

@ApiTags('operations')
@Controller('v1/freshness')
export class FreshnessController {
  constructor(
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(PARTITION_REPORTS) private readonly reports: PartitionReports,
    @Inject(CLOCK) private readonly now: () => Instant,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How fresh each feature group is, against its target' })
  @ApiOkResponse({ type: FreshnessBody })
  async list(): Promise<{ groups: readonly GroupFreshness[] }> {
    const { document } = loadedPlan(this.plan);
    return { groups: await this.reports.freshness(document, this.now()) };
  }
}
