import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { STATUS_NAMES } from '@millrace/serving';

/** The body of `POST /v1/features`, for the OpenAPI document; `readFeaturesRequest` is what checks it. */
export class FeaturesBody {
  @ApiPropertyOptional({
    description: 'A feature service; either this or `features`',
    example: 'fraud_detection',
  })
  readonly service?: string;
  @ApiPropertyOptional({
    description: '`group:feature`, `group@version:feature`, or `group` for all of its features',
    example: ['airport_departures:delay_mean_1h'],
  })
  readonly features?: string[];
  @ApiProperty({
    description: 'One object per row, with the join keys of every entity that the features belong to',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ airport: 'ATL' }],
  })
  readonly entities!: Record<string, unknown>[];
  @ApiPropertyOptional({
    description: 'Request fields of derived features, one object per entity',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
  })
  readonly request?: Record<string, unknown>[];
  @ApiPropertyOptional({
    description: 'RFC 3339 or milliseconds; not before the newest event applied to an entity',
    oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
  })
  readonly asOf?: string | number;
  @ApiPropertyOptional({ description: 'Adds why each value is what it is' })
  readonly evidence?: boolean;
  @ApiPropertyOptional({ description: 'A position that ingest answered: the read waits until it is applied' })
  readonly minPosition?: string;
  @ApiPropertyOptional({ description: 'How long to wait for minPosition; by default as long as is allowed' })
  readonly waitMs?: number;
}

/** Members by feature name. */
const BY_FEATURE = { type: 'object', additionalProperties: true } as const;

export class FeatureVector {
  @ApiProperty({ ...BY_FEATURE, description: 'The row of the request', example: { airport: 'ATL' } })
  readonly entity!: Record<string, unknown>;
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'The instant of this row, where its newest event lies ahead of that of the answer',
  })
  readonly asOf?: string;
  @ApiPropertyOptional({
    description: 'Which variant of the service the entity belongs to, where it has some',
  })
  readonly variant?: string;
  @ApiProperty({ ...BY_FEATURE, example: { delay_mean_1h: 12.5 } })
  readonly values!: Record<string, unknown>;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: [...STATUS_NAMES] },
    example: { delay_mean_1h: 'PRESENT' },
  })
  readonly statuses!: Record<string, string>;
  @ApiProperty({
    type: 'object',
    description: 'Event time of the newest event behind each value; null where there is none',
    additionalProperties: { type: 'string', format: 'date-time', nullable: true },
  })
  readonly eventTimes!: Record<string, string | null>;
  @ApiPropertyOptional({
    ...BY_FEATURE,
    description: 'Window bounds, events counted, exact or how far off, group version, freshness; on request',
  })
  readonly evidence?: Record<string, unknown>;
  @ApiPropertyOptional({
    ...BY_FEATURE,
    description: 'Groups that could not be read for this row (their values are INVALID), and why',
  })
  readonly faults?: Record<string, string>;
}

export class FeaturesAnswer {
  @ApiProperty({ type: String, format: 'date-time', description: 'The instant of the read' })
  readonly asOf!: string;
  @ApiProperty({ type: [FeatureVector], description: 'One per row of the request, in its order' })
  readonly results!: FeatureVector[];
}
