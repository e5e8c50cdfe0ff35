import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { LiveProcess } from '@millrace/core';
import type { ProcessRegister } from '@millrace/redis';
import { ProcessesBody } from './operations.wire.js';
import { PROCESSES } from './tokens.js';

@ApiTags('operations')
@Controller('v1/processes')
export class ProcessesController {
  constructor(@Inject(PROCESSES) private readonly register: ProcessRegister) {}

  @Get()
  @ApiOperation({ summary: 'Every process that lives, with the plan that it runs' })
  @ApiOkResponse({ type: ProcessesBody })
  async list(): Promise<{ processes: readonly LiveProcess[] }> {
    return { processes: await this.register.live() };
  }
}
