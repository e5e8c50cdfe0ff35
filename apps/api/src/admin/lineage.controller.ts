import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import {
  isLineageSubject,
  lineageAround,
  lineageOf,
  LINEAGE_SUBJECTS,
  MillraceError,
  nearestName,
  openLineageOf,
  type Instant,
  type Lineage,
} from '@millrace/core';
import type { PlanWatcher } from '@millrace/redis';
import type { ServingPlan } from '@millrace/serving';
import { loadedPlan } from '../loaded-plan.js';
import { CLOCK, PLAN } from '../tokens.js';
import { LineageAroundBody, LineageBody, OpenLineageEventBody } from './lineage.wire.js';

const FORMATS = ['json', 'openlineage'] as const;
type Format = (typeof FORMATS)[number];

/** Of jobs and datasets, in OpenLineage events. */
const NAMESPACE = 'millrace';

const SUBJECTS = Object.keys(LINEAGE_SUBJECTS);

/** Answered from the plan that this process runs, so it tells what is computed, and needs no registry. */
@ApiTags('registry')
@ApiExtraModels(LineageBody, LineageAroundBody, OpenLineageEventBody)
@Controller('v1/lineage')
export class LineageController {
  constructor(
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(CLOCK) private readonly now: () => Instant,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getLineage',
    summary: 'Which column comes from which: source field, derived column, feature, service',
    description:
      'Of every live version. With format=openlineage a list of OpenLineage job events, one per group and service.',
  })
  @ApiQuery({ name: 'format', required: false, enum: FORMATS })
  @ApiOkResponse({ schema: answerSchema(LineageBody) })
  all(@Query('format') format?: string): object {
    const lineage = lineageOf(loadedPlan(this.plan).document);
    return this.formatted(lineage, lineage, formatOf(format));
  }

  @Get(':kind/:name')
  @ApiOperation({
    operationId: 'getLineageOf',
    summary: 'What feeds a column, source, group or service, and what it feeds',
  })
  @ApiParam({ name: 'kind', enum: SUBJECTS })
  @ApiParam({
    name: 'name',
    description:
      'A source, group or service, or a column: `departures.delay`, `group:feature`, `group@2:feature`',
    example: 'airport_departures:delay_mean_1h',
  })
  @ApiQuery({ name: 'format', required: false, enum: FORMATS })
  @ApiOkResponse({ schema: answerSchema(LineageAroundBody) })
  @ApiResponse({ status: 404, description: 'There is no such kind or name' })
  around(@Param('kind') kind: string, @Param('name') name: string, @Query('format') format?: string): object {
    if (!isLineageSubject(kind)) throw unknownKind(kind);
    const lineage = lineageOf(loadedPlan(this.plan).document);
    const around = lineageAround(lineage, kind, name);
    if (!around)
      throw new MillraceError('NOT_FOUND', `there is nothing called "${name}" among ${kind}`, { kind, name });
    const { subject, upstream, downstream } = around;
    const part: Lineage = {
      nodes: [...upstream.nodes, ...subject, ...downstream.nodes],
      edges: [...upstream.edges, ...downstream.edges],
    };
    return this.formatted(around, part, formatOf(format));
  }

  private formatted(json: object, lineage: Lineage, format: Format): object {
    return format === 'json' ? json : openLineageOf(lineage, this.now(), NAMESPACE);
  }
}

function answerSchema(json: new () => object): object {
  const events = { type: 'array', items: { $ref: getSchemaPath(OpenLineageEventBody) } };
  return { oneOf: [{ $ref: getSchemaPath(json) }, events] };
}

function formatOf(text: string | undefined): Format {
  const format = FORMATS.find((known) => known === (text ?? 'json'));
  if (format) return format;
  throw new MillraceError('BAD_REQUEST', `format: expected ${FORMATS.join(' or ')}, got "${text}"`, {
    allowed: FORMATS,
  });
}

function unknownKind(kind: string): MillraceError {
  const didYouMean = nearestName(kind, SUBJECTS);
  const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
  return new MillraceError('NOT_FOUND', `there is no lineage of "${kind}"${hint}`, {
    allowed: SUBJECTS,
    ...(didYouMean !== undefined && { didYouMean }),
  });
}
