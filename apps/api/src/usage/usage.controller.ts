import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { STATUS, type FeatureUsage, type Status, type UsageFlush, type UsageStore } from '@millrace/serving';
import { UsageBody, type FeatureUsageBody } from './usage.wire.js';
import { USAGE_FLUSH, USAGE_STORE } from './tokens.js';

@ApiTags('operations')
@Controller('v1/usage')
export class UsageController {
  constructor(
    @Inject(USAGE_FLUSH) private readonly flush: UsageFlush,
    @Inject(USAGE_STORE) private readonly store: UsageStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What is read of each feature through each service',
    description: 'Totals of all api processes, a few seconds behind what the other ones serve.',
  })
  @ApiQuery({ name: 'service', required: false, description: 'Only what is read through this one' })
  @ApiOkResponse({ type: UsageBody })
  async list(@Query('service') service?: string): Promise<UsageBody> {
    await this.flush.flush();
    const totals = await this.store.read();
    return {
      usage: totals.filter((usage) => service === undefined || usage.service === service).map(bodyOf),
    };
  }
}

function bodyOf({ service, variant, feature, byStatus, lastReadAt }: FeatureUsage): FeatureUsageBody {
  const of = (status: Status): number => byStatus[status] ?? 0;
  return {
    ...(service !== undefined && { service }),
    ...(variant !== undefined && { variant }),
    feature,
    reads: byStatus.reduce((sum, count) => sum + count, 0),
    lastReadAt: new Date(lastReadAt).toISOString(),
    nulls: of(STATUS.NULL_VALUE),
    notFound: of(STATUS.NOT_FOUND),
    stale: of(STATUS.OUTSIDE_MAX_AGE),
    invalid: of(STATUS.INVALID),
  };
}
