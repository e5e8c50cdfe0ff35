import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { CatchUp } from '@millrace/actor';
import { partitionsOf, type PartitionName, type PlanWatcher } from '@millrace/redis';
import type { ServingPlan } from '@millrace/serving';
import { loadedPlan } from '../loaded-plan.js';
import { PLAN } from '../tokens.js';
import { CATCH_UPS } from './tokens.js';

/** Reads how far a version of a group has come. */
export type CatchUpOf = (
  group: { readonly name: string; readonly version: number },
  partitions: readonly PartitionName[],
) => Promise<CatchUp>;

class CatchUpBody {
  @ApiProperty({ example: 'airport_departures' })
  group!: string;
  @ApiProperty()
  version!: number;
  @ApiProperty({ description: 'Stream partitions of the entity' })
  partitions!: number;
  @ApiProperty({ description: 'Partitions in which the version takes part in every event' })
  live!: number;
  @ApiProperty({
    description: 'True when it is live everywhere: services that follow the newest version get it',
  })
  caughtUp!: boolean;
}

class CatchUpsBody {
  @ApiProperty({ type: [CatchUpBody] })
  groups!: CatchUpBody[];
}

@ApiTags('operations')
@Controller('v1/catch-up')
export class CatchUpController {
  constructor(
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(CATCH_UPS) private readonly catchUpOf: CatchUpOf,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'How far each version of each aggregated group has come with the history in the streams',
  })
  @ApiOkResponse({ type: CatchUpsBody })
  async list(): Promise<CatchUpsBody> {
    const { document } = loadedPlan(this.plan);
    const groups = document.groups.flatMap((group) => {
      const entity = document.entities.find(({ name }) => name === group.entity);
      return group.kind === 'aggregated' && entity ? [{ group, entity }] : [];
    });
    return {
      groups: await Promise.all(
        groups.map(async ({ group, entity }) => {
          const catchUp = await this.catchUpOf(group, partitionsOf(entity));
          const caughtUp = catchUp.live === catchUp.partitions;
          return { group: group.name, version: group.version, ...catchUp, caughtUp };
        }),
      ),
    };
  }
}
