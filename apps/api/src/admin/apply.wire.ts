import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, Max, Min } from 'class-validator';
import { DEFINITION_KINDS, MayBeAbsent } from '@millrace/registry';
import type { DefinitionKind } from '@millrace/core';

/** More in one request would hold the registry's lock for seconds. */
const DEFINITIONS_PER_REQUEST_MAX = 2_000;

/** A longer wait would outlast what stands between us and the client. */
const WAIT_MS_MAX = 50_000;

export class ApplyBody {
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'Entity, Source, FeatureGroup, DerivedFeatureGroup and FeatureService definitions',
  })
  @IsArray()
  @ArrayMaxSize(DEFINITIONS_PER_REQUEST_MAX)
  definitions!: unknown[];

  @ApiPropertyOptional({ description: 'Only tell what would change', default: false })
  @MayBeAbsent()
  @IsBoolean()
  dryRun?: boolean;

  @ApiPropertyOptional({ description: 'Remove what the definitions do not hold', default: false })
  @MayBeAbsent()
  @IsBoolean()
  prune?: boolean;

  @ApiPropertyOptional({
    description: 'Refuse with 409 unless the registry still stands at this revision, as a dry run told it',
  })
  @MayBeAbsent()
  @IsInt()
  expectedRevision?: number;

  @ApiPropertyOptional({
    description: 'Answer only when every live process runs the new plan, or after `timeoutMs`; see `running`',
  })
  @MayBeAbsent()
  @IsBoolean()
  wait?: boolean;

  @ApiPropertyOptional({ description: 'How long to wait; 30000 unless told', maximum: WAIT_MS_MAX })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(WAIT_MS_MAX)
  timeoutMs?: number;
}

class SubjectBody {
  @ApiProperty({ enum: DEFINITION_KINDS })
  kind!: DefinitionKind;

  @ApiProperty()
  name!: string;
}

export class VersionedBody extends SubjectBody {
  @ApiProperty()
  version!: number;
}

export class ChangedBody extends SubjectBody {
  @ApiProperty()
  from!: number;

  @ApiProperty({ description: 'The new version; the same as `from` for a change in place' })
  to!: number;

  @ApiProperty({ description: 'Only description, owner, tags or the freshness target changed' })
  inPlace!: boolean;

  @ApiProperty({ type: [String], example: ['where: "distance > 0" → "distance > 10"'] })
  reasons!: readonly string[];

  @ApiProperty({ type: [String], description: 'Services that serve it from now on' })
  services!: readonly string[];

  @ApiProperty({ description: 'What becomes of the state that entities hold' })
  effect!: string;
}

class ProcessBehindBody {
  @ApiProperty({ enum: ['api', 'ingest', 'worker'] })
  kind!: string;

  @ApiProperty()
  id!: string;

  @ApiProperty({ description: 'Why it does not run the plan' })
  reason!: string;
}

class PlanSpreadBody {
  @ApiProperty({ description: 'Whether every live process runs this revision or a newer one' })
  everywhere!: boolean;

  @ApiProperty({ description: 'How many processes live' })
  processes!: number;

  @ApiProperty({ type: [ProcessBehindBody] })
  behind!: readonly ProcessBehindBody[];
}

export class AppliedBody {
  @ApiProperty()
  dryRun!: boolean;

  @ApiProperty({
    description: 'The revision of the registry: after an apply the new one, else the one looked at',
  })
  revision!: number;

  @ApiProperty({ description: 'Whether Redis has the plan; if not, it gets it as soon as it answers' })
  published!: boolean;

  @ApiPropertyOptional({ type: PlanSpreadBody, description: 'Where it was asked to wait' })
  running?: PlanSpreadBody;

  @ApiProperty({ type: [VersionedBody] })
  created!: readonly VersionedBody[];

  @ApiProperty({ type: [ChangedBody] })
  changed!: readonly ChangedBody[];

  @ApiProperty({ type: [VersionedBody] })
  unchanged!: readonly VersionedBody[];

  @ApiProperty({ type: [VersionedBody] })
  removed!: readonly VersionedBody[];
}
