import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { STATUS_NAMES } from '@millrace/serving';

/** Bodies of the Feast routes, for the OpenAPI document; libs/serving checks them. */
const COLUMNS = {
  type: 'object',
  additionalProperties: { type: 'array', items: {} },
} as const;

export class FeastReadBody {
  @ApiProperty({ ...COLUMNS, example: { customer_id: [1, 2] } })
  readonly entities!: Record<string, unknown[]>;
  @ApiPropertyOptional({ description: 'Wins over `features`', nullable: true, type: String })
  readonly feature_service?: string | null;
  @ApiPropertyOptional({ type: [String], example: ['customer_stats:purchase_count_30d'] })
  readonly features?: string[];
  @ApiPropertyOptional({ description: 'Names as `view__feature`', default: false })
  readonly full_feature_names?: boolean;
}

class FeastMetadata {
  @ApiProperty({ type: [String] })
  readonly feature_names!: string[];
  @ApiPropertyOptional({
    type: [String],
    description:
      'The variant of each entity row, where the service has some; not of Feast, whose clients skip it',
  })
  readonly variants?: string[];
}

class FeastColumn {
  @ApiProperty({ type: 'array', items: {}, description: 'One value per entity row' })
  readonly values!: unknown[];
  @ApiProperty({ enum: STATUS_NAMES, isArray: true })
  readonly statuses!: string[];
  @ApiPropertyOptional({ type: [String] })
  readonly event_timestamps?: string[];
}

export class FeastAnswer {
  @ApiProperty({ type: FeastMetadata })
  readonly metadata!: FeastMetadata;
  @ApiProperty({ type: [FeastColumn], description: '`results[i]` belongs to `metadata.feature_names[i]`' })
  readonly results!: FeastColumn[];
}

export class FeastPushBody {
  @ApiProperty()
  readonly push_source_name!: string;
  @ApiProperty({ ...COLUMNS, description: 'Join keys, timestamp and features, in columns' })
  readonly df!: Record<string, unknown[]>;
  @ApiPropertyOptional({ enum: ['online'], default: 'online' })
  readonly to?: string;
}

export class FeastWriteBody {
  @ApiProperty()
  readonly feature_view_name!: string;
  @ApiProperty({ ...COLUMNS, description: 'Join keys, `event_timestamp` and features, in columns' })
  readonly df!: Record<string, unknown[]>;
}
