import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import type { DefinitionKind } from '@millrace/core';
import { DEFINITION_KINDS, type Page, type Registry, type RegistryChange } from '@millrace/registry';
import { PageQuery, pageOf } from './definitions.wire.js';
import { readBody } from './read-body.js';
import { REGISTRY } from './tokens.js';

class ChangesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DEFINITION_KINDS })
  @IsOptional()
  @IsIn(DEFINITION_KINDS)
  kind?: DefinitionKind;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  name?: string;
}

class RegistryChangeBody {
  @ApiProperty()
  revision!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ description: 'The name of the key that asked' })
  by!: string;

  @ApiProperty({ enum: ['created', 'changed', 'removed'] })
  action!: string;

  @ApiProperty({ enum: DEFINITION_KINDS })
  kind!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: Number, nullable: true })
  from!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  to!: number | null;

  @ApiProperty({ type: [String] })
  reasons!: string[];
}

@ApiTags('registry')
@Controller('v1/changes')
export class ChangesController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'The audit log: who changed what, when, from which version to which' })
  @ApiQuery({ type: ChangesQuery })
  @ApiOkResponse({ type: pageOf(RegistryChangeBody, 'RegistryChangePage') })
  async list(@Query() raw: Record<string, unknown>): Promise<Page<RegistryChange>> {
    return this.registry.changes(readBody(ChangesQuery, { ...raw }));
  }
}
