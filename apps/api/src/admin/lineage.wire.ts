import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const KINDS = [
  'source-field',
  'derived-column',
  'feature',
  'request-field',
  'derived-feature',
  'feature-service',
];
const USES = ['value', 'aggregation', 'expression', 'filter', 'key', 'time', 'category', 'order', 'served'];

export class LineageNodeBody {
  @ApiProperty({ example: 'feature/airport_departures@1:delay_mean_1h' })
  readonly id!: string;
  @ApiProperty({ enum: KINDS })
  readonly kind!: string;
  @ApiProperty({ description: 'The source, group or service that it belongs to' })
  readonly owner!: string;
  @ApiProperty()
  readonly version!: number;
  @ApiPropertyOptional({ description: 'Absent of a service' })
  readonly column?: string;
  @ApiPropertyOptional()
  readonly type?: string;
}

export class LineageEdgeBody {
  @ApiProperty()
  readonly from!: string;
  @ApiProperty()
  readonly to!: string;
  @ApiProperty({ enum: USES, description: 'How the one depends on the other' })
  readonly use!: string;
}

export class LineageBody {
  @ApiProperty({ type: [LineageNodeBody] })
  readonly nodes!: LineageNodeBody[];
  @ApiProperty({ type: [LineageEdgeBody] })
  readonly edges!: LineageEdgeBody[];
}

export class LineageAroundBody {
  @ApiProperty({ type: [LineageNodeBody] })
  readonly subject!: LineageNodeBody[];
  @ApiProperty({ description: 'What feeds it' })
  readonly upstream!: LineageBody;
  @ApiProperty({ description: 'What it feeds' })
  readonly downstream!: LineageBody;
}

const FREE_FORM = { type: 'object', additionalProperties: true } as const;

/** Described in full by the schema that `schemaURL` names. */
export class OpenLineageEventBody {
  @ApiProperty({ format: 'date-time' })
  readonly eventTime!: string;
  @ApiProperty({ format: 'uri' })
  readonly producer!: string;
  @ApiProperty({ format: 'uri' })
  readonly schemaURL!: string;
  @ApiProperty(FREE_FORM)
  readonly job!: object;
  @ApiProperty({ type: 'array', items: FREE_FORM })
  readonly inputs!: object[];
  @ApiProperty({ type: 'array', items: FREE_FORM })
  readonly outputs!: object[];
}
