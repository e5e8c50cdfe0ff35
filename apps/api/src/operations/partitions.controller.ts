import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { PartitionStatus } from '@millrace/actor';
import type { PlanWatcher } from '@millrace/redis';
import type { ServingPlan } from '@millrace/serving';
import { loadedPlan } from '../loaded-plan.js';
import { PLAN } from '../tokens.js';
import { PartitionsBody } from './operations.wire.js';
import type { PartitionReports } from './partition-reports.js';
import { PARTITION_REPORTS } from './tokens.js';

@ApiTags('operations')
@Controller('v1/partitions')
export class PartitionsController {
  constructor(
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(PARTITION_REPORTS) private readonly reports: PartitionReports,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lag, mailbox, throughput and dead letters of every stream partition' })
  @ApiQuery({ name: 'entity', required: false, description: 'Only the partitions of this entity' })
  @ApiOkResponse({ type: PartitionsBody })
  @ApiResponse({ status: 404, description: 'There is no such entity' })
  async list(@Query('entity') entity?: string): Promise<{ partitions: readonly PartitionStatus[] }> {
    const { document } = loadedPlan(this.plan);
    return { partitions: await this.reports.statuses(document, entity) };
  }
}
