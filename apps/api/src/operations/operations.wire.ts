/** What the operations routes answer, for the OpenAPI document. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

class FramesBody {
  @ApiProperty()
  readonly frames!: number;
  @ApiProperty()
  readonly events!: number;
  @ApiProperty()
  readonly bytes!: number;
}

class HistoryBody {
  @ApiProperty()
  readonly frames!: number;
  @ApiProperty({ description: 'By the average size of all frames that were applied' })
  readonly bytes!: number;
}

class DeadLetterCountBody {
  @ApiProperty()
  readonly kept!: number;
  @ApiProperty({ description: 'Of those that are kept' })
  readonly bytes!: number;
  @ApiProperty({ description: 'Lost because the stream of dead letters was full' })
  readonly dropped!: number;
}

export class PartitionBody {
  @ApiProperty({ example: 'airport.3' })
  readonly partition!: string;
  @ApiProperty({ description: 'Of the newest turn: only it may commit. Ever higher, not without gaps' })
  readonly generation!: number;
  @ApiPropertyOptional({ description: 'Who began the newest turn' })
  readonly worker?: string;
  @ApiProperty({ description: 'Everything up to here is in the states', example: '1767225600000-0' })
  readonly offset!: string;
  @ApiProperty({ description: 'The newest frame of the log' })
  readonly lastEntry!: string;
  @ApiProperty({ description: 'What waits' })
  readonly mailbox!: FramesBody;
  @ApiProperty({ description: 'Age of the oldest frame that is not yet applied; 0 when there is none' })
  readonly lagMs!: number;
  @ApiProperty()
  readonly applied!: FramesBody;
  @ApiProperty({ description: 'Bytes of frames applied per second, of late' })
  readonly drainBytesPerSecond!: number;
  @ApiPropertyOptional({ description: 'The newest event time ever appended, ms since the epoch' })
  readonly newestEventTime?: number;
  @ApiProperty({ description: 'Events, once per group, that came after all their windows had passed' })
  readonly tooLate!: number;
  @ApiProperty({ description: 'Events older on arrival than the de-duplication horizon' })
  readonly beyondHorizon!: number;
  @ApiProperty()
  readonly deadLetters!: DeadLetterCountBody;
  @ApiProperty({ description: 'Applied frames that are kept for groups to come' })
  readonly history!: HistoryBody;
  @ApiProperty({ description: 'Event ids that are remembered, to recognize repetitions' })
  readonly seenIds!: number;
  @ApiProperty({ description: 'Whether a turn is due or running' })
  readonly awake!: boolean;
}

export class PartitionsBody {
  @ApiProperty({ type: [PartitionBody], description: 'In the order of entities and partition numbers' })
  readonly partitions!: PartitionBody[];
}

export class GroupFreshnessBody {
  @ApiProperty()
  readonly group!: string;
  @ApiProperty()
  readonly version!: number;
  @ApiProperty()
  readonly entity!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly newestEventTime!: string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Now minus the newest event time' })
  readonly freshnessMs!: number | null;
  @ApiProperty({ description: 'Age of the oldest event that waits in a mailbox' })
  readonly lagMs!: number;
  @ApiProperty({ type: Number, nullable: true })
  readonly targetMs!: number | null;
  @ApiProperty({ type: Boolean, nullable: true, description: 'Whether the lag is within the target' })
  readonly withinTarget!: boolean | null;
}

export class FreshnessBody {
  @ApiProperty({ type: [GroupFreshnessBody], description: 'One per live version of an aggregated group' })
  readonly groups!: GroupFreshnessBody[];
}

export class DeadLetterBody {
  @ApiProperty({ description: 'Names it for replay and drop', example: 'airport.3:1767225600000-0' })
  readonly id!: string;
  @ApiProperty()
  readonly partition!: string;
  @ApiProperty({ description: 'When it was put aside, ms since the epoch' })
  readonly at!: number;
  @ApiProperty({ enum: ['EXPRESSION_FAILED', 'APPLY_FAILED', 'STATE_CORRUPT', 'FRAME_CORRUPT'] })
  readonly code!: string;
  @ApiProperty({ description: 'What was wrong with which value' })
  readonly message!: string;
  @ApiPropertyOptional({ example: 'airport_departures@1' })
  readonly group?: string;
  @ApiPropertyOptional()
  readonly entityId?: string;
  @ApiPropertyOptional()
  readonly source?: string;
  @ApiProperty({ description: 'Where the event stands in the log' })
  readonly entry!: string;
  @ApiProperty()
  readonly row!: number;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The event as it was accepted; absent where its frame cannot be read',
  })
  readonly event?: Record<string, unknown>;
}

export class DeadLettersBody {
  @ApiProperty({ type: [DeadLetterBody], description: 'Oldest first within each partition' })
  readonly deadLetters!: DeadLetterBody[];
}

export class ReplayedBody {
  @ApiProperty({ description: 'The id of the dead letter' })
  readonly replayed!: string;
}

export class DroppedBody {
  @ApiProperty({ description: 'The id of the dead letter' })
  readonly dropped!: string;
}

class RefusedPlanBody {
  @ApiProperty()
  readonly revision!: number;
  @ApiProperty({ description: 'Why the process could not load it' })
  readonly reason!: string;
}

export class ProcessBody {
  @ApiProperty({ enum: ['api', 'ingest', 'worker'] })
  readonly kind!: string;
  @ApiProperty({ description: 'Machine, process id and a random part' })
  readonly id!: string;
  @ApiPropertyOptional({ description: 'The plan that it runs; absent while it has none' })
  readonly revision?: number;
  @ApiPropertyOptional({ description: 'A newer plan that it could not load; it keeps the old one' })
  readonly refused?: RefusedPlanBody;
}

export class ProcessesBody {
  @ApiProperty({ type: [ProcessBody], description: 'Those that announced themselves within five seconds' })
  readonly processes!: ProcessBody[];
}
