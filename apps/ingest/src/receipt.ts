import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class RejectedEvent {
  @ApiProperty({ description: 'Place of the event in the request, from 0 (lines, for NDJSON)' })
  readonly index!: number;
  @ApiProperty({ description: 'What was wrong, for machines', example: 'FIELD_TYPE' })
  readonly code!: string;
  @ApiProperty({ example: 'delay: expected int, got "late"' })
  readonly message!: string;
  @ApiPropertyOptional({ example: 'delay' })
  readonly field?: string;
}

/** The answer of `POST /v1/events/{source}`. */
export class ReceiptBody {
  @ApiProperty({ description: 'Events that will take effect, exactly once each' })
  readonly accepted!: number;
  @ApiProperty({ description: 'Events whose ids were accepted before, within the horizon of de-duplication' })
  readonly duplicates!: number;
  @ApiProperty({ type: [RejectedEvent] })
  readonly rejected!: RejectedEvent[];
  @ApiProperty({ description: 'Opaque; as minPosition of a read it makes the read see these events' })
  readonly position!: string;
  @ApiPropertyOptional({ description: 'Something that the sender should know' })
  readonly notice?: string;
}
