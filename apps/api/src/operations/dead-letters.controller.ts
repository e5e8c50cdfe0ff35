import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { DeadLetters, KeptDeadLetter } from '@millrace/actor';
import { MillraceError, type PlanDocument } from '@millrace/core';
import { stateField, type PlanWatcher } from '@millrace/redis';
import { exactJson, type ServingPlan } from '@millrace/serving';
import { loadedPlan } from '../loaded-plan.js';
import { PLAN } from '../tokens.js';
import { DeadLetterBody, DeadLettersBody, DroppedBody, ReplayedBody } from './operations.wire.js';
import { partitionsFor } from './partition-reports.js';
import { DEAD_LETTERS } from './tokens.js';

const LIMIT_DEFAULT = 100;
/** A page that a person can still read, and one answer can hold. */
const LIMIT_MAX = 1_000;
const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('operations')
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(PLAN) private readonly plan: PlanWatcher<ServingPlan>,
    @Inject(DEAD_LETTERS) private readonly letters: DeadLetters,
  ) {}

  @Get()
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ summary: 'Events that a group could not apply, with the reason' })
  @ApiQuery({ name: 'entity', required: false })
  @ApiQuery({
    name: 'group',
    required: false,
    description: '`group@version`, or `group` for all of its versions',
  })
  @ApiQuery({ name: 'limit', required: false, description: `1 to ${LIMIT_MAX}; default ${LIMIT_DEFAULT}` })
  @ApiQuery({ name: 'after', required: false, description: 'The last id of the page before' })
  @ApiOkResponse({ type: DeadLettersBody })
  async list(
    @Query('entity') entity?: string,
    @Query('group') group?: string,
    @Query('limit') limit?: string,
    @Query('after') after?: string,
  ): Promise<string> {
    const deadLetters = await this.letters.list({
      partitions: partitionsFor(loadedPlan(this.plan).document, entity),
      limit: limitOf(limit),
      ...(group !== undefined && { group }),
      ...(after !== undefined && { after }),
    });
    // Events may hold integers that only exact JSON can write.
    return exactJson({ deadLetters });
  }

  @Get(':id')
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ summary: 'One dead letter' })
  @ApiOkResponse({ type: DeadLetterBody })
  @ApiResponse({ status: 404, description: 'There is no such dead letter' })
  async inspect(@Param('id') id: string): Promise<string> {
    const letter = await this.letters.inspect(id);
    if (!letter) throw noSuchLetter(id);
    return exactJson(letter);
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Put the event back into the log, for the group that could not apply it' })
  @ApiAcceptedResponse({ type: ReplayedBody })
  @ApiResponse({ status: 404, description: 'There is no such dead letter' })
  @ApiResponse({ status: 409, description: 'Its version of the group is not computed: the letter stays' })
  @ApiResponse({ status: 429, description: 'The mailbox of its partition is full: the letter stays' })
  async replay(@Param('id') id: string): Promise<{ replayed: string }> {
    const letter = await this.letters.inspect(id);
    if (letter) checkComputed(letter, loadedPlan(this.plan).document);
    if (!(await this.letters.replay(id))) throw noSuchLetter(id);
    return { replayed: id };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a dead letter: its event never takes effect in that group' })
  @ApiOkResponse({ type: DroppedBody })
  @ApiResponse({ status: 404, description: 'There is no such dead letter' })
  async drop(@Param('id') id: string): Promise<{ dropped: string }> {
    if (!(await this.letters.drop(id))) throw noSuchLetter(id);
    return { dropped: id };
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new MillraceError('BAD_REQUEST', `limit: expected an integer from 1 to ${LIMIT_MAX}`);
}

/** In the log an event for a group that nobody computes would be passed over, and no letter would be left of it. */
function checkComputed({ id, group }: KeptDeadLetter, { groups }: PlanDocument): void {
  if (group === undefined || groups.some((planned) => stateField(planned) === group)) return;
  const message =
    `${id}: ${group} is not computed any more, so nothing would apply the event; ` +
    `the letter stays: drop it, or have a service name ${group} and replay it then`;
  throw new MillraceError('GROUP_NOT_COMPUTED', message, { group });
}

function noSuchLetter(id: string): MillraceError {
  return new MillraceError('NOT_FOUND', `there is no dead letter ${JSON.stringify(id.slice(0, 100))}`);
}
