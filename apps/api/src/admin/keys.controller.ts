import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { ArrayNotEmpty, IsArray, IsIn, IsISO8601, IsString, Length, Matches } from 'class-validator';
import { NAME_PATTERN, SCOPES, SUBJECT_PREFIX, type Scope } from '@millrace/core';
import { callerOf } from '@millrace/http';
import { MayBeAbsent, type AccessKeyPublisher, type AccessKeyRegistry } from '@millrace/registry';
import type { FastifyRequest } from 'fastify';
import { readBody } from './read-body.js';
import { ACCESS_KEY_PUBLISHER, ACCESS_KEYS } from './tokens.js';

class NewKeyBody {
  @ApiProperty({ example: 'checkout', description: 'Shown in the audit log; one valid key per name' })
  @IsString()
  @Length(1, 128)
  @Matches(new RegExp(`^(?!${SUBJECT_PREFIX})`), {
    message: `name must not start with ${SUBJECT_PREFIX}: the audit log names bearers of tokens so`,
  })
  name!: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(SCOPES, { each: true })
  scopes!: Scope[];

  @ApiPropertyOptional({
    type: [String],
    description: 'What the key may name; absent: everything',
    example: ['fraud_*'],
  })
  @MayBeAbsent()
  @IsArray()
  @Matches(NAME_PATTERN, { each: true, message: 'patterns have letters, digits, _ and *' })
  patterns?: string[];

  @ApiPropertyOptional({ format: 'date-time' })
  @MayBeAbsent()
  @IsISO8601({ strict: true })
  expiresAt?: string;
}

class KeyBody {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes!: readonly Scope[];

  @ApiProperty({ type: [String] })
  patterns!: readonly string[];

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty()
  createdBy!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revokedAt!: string | null;

  @ApiProperty({ type: String, nullable: true })
  revokedBy!: string | null;
}

class CreatedKeyBody extends KeyBody {
  @ApiProperty({ description: 'The key itself: shown this once' })
  key!: string;
}

@ApiTags('access')
@Controller('v1/keys')
export class KeysController {
  constructor(
    @Inject(ACCESS_KEYS) private readonly keys: AccessKeyRegistry,
    @Inject(ACCESS_KEY_PUBLISHER) private readonly publisher: AccessKeyPublisher,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Create an API key',
    description: 'The answer is the only place where it is shown.',
  })
  @ApiBody({ type: NewKeyBody })
  @ApiCreatedResponse({ type: CreatedKeyBody })
  @ApiResponse({ status: 409, description: 'A valid key has this name' })
  async create(@Body() raw: unknown, @Req() request: FastifyRequest): Promise<CreatedKeyBody> {
    const { name, scopes, patterns = [], expiresAt } = readBody(NewKeyBody, raw);
    const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) };
    const wanted = { name, scopes, patterns, ...expiry };
    const { key, stored } = await this.keys.create(wanted, callerOf(request).name);
    await this.publisher.check();
    return { ...stored, key };
  }

  @Get()
  @ApiOperation({ summary: 'List API keys, newest first, also revoked ones' })
  @ApiOkResponse({ type: [KeyBody] })
  async list(): Promise<KeyBody[]> {
    return this.keys.list();
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Revoke an API key: it stops working everywhere within a second' })
  @ApiOkResponse({ type: KeyBody })
  @ApiResponse({ status: 404, description: 'There is no such key' })
  async revoke(@Param('id') id: string, @Req() request: FastifyRequest): Promise<KeyBody> {
    const revoked = await this.keys.revoke(id, callerOf(request).name);
    await this.publisher.check();
    return revoked;
  }
}
