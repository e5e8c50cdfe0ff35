import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class FeatureUsageBody {
  @ApiPropertyOptional({ description: 'Missing for reads that name their features themselves' })
  readonly service?: string;
  @ApiPropertyOptional({ description: 'Where the service splits entities over variants' })
  readonly variant?: string;
  @ApiProperty({ example: 'airport_departures@1:delay_mean_1h' })
  readonly feature!: string;
  @ApiProperty({ description: 'Values served, whatever their status' })
  readonly reads!: number;
  @ApiProperty({ format: 'date-time' })
  readonly lastReadAt!: string;
  @ApiProperty({ description: 'Of them NULL_VALUE' })
  readonly nulls!: number;
  @ApiProperty({ description: 'Of them NOT_FOUND' })
  readonly notFound!: number;
  @ApiProperty({ description: 'Of them OUTSIDE_MAX_AGE' })
  readonly stale!: number;
  @ApiProperty({ description: 'Of them INVALID' })
  readonly invalid!: number;
}

export class UsageBody {
  @ApiProperty({ type: [FeatureUsageBody], description: 'In the order of services and features' })
  readonly usage!: FeatureUsageBody[];
}
