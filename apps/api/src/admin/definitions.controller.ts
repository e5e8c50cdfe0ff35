import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseIntPipe,
  Put,
  Query,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { MillraceError, type DefinitionKind } from '@millrace/core';
import { callerOf } from '@millrace/http';
import { entityTagOf, type PlanPublisher, type Registry, type StoredDefinition } from '@millrace/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DefinitionChanges, type ChangeRequest } from './definition-changes.js';
import type { KindRoute } from './definition-kinds.js';
import {
  bodyWithDefinition,
  DefinitionsQuery,
  pageOf,
  StoredBody,
  StoredVersionBody,
} from './definitions.wire.js';
import { readBody } from './read-body.js';
import { PLAN_PUBLISHER, REGISTRY } from './tokens.js';

/** The routes of one kind of definition: list, read, put, delete, and its versions. */
export function createDefinitionsController({ kind, path, form }: KindRoute): Type {
  const stored = bodyWithDefinition(StoredBody, form, `Stored${kind}`);
  const version = bodyWithDefinition(StoredVersionBody, form, `${kind}Version`);

  @ApiTags('registry')
  @Controller(`v1/${path}`)
  class DefinitionsController {
    private readonly changes: DefinitionChanges;

    constructor(
      @Inject(REGISTRY) private readonly registry: Registry,
      @Inject(PLAN_PUBLISHER) publisher: PlanPublisher,
    ) {
      this.changes = new DefinitionChanges(registry, publisher);
    }

    @Get()
    @ApiOperation({ operationId: `list${kind}`, summary: `List definitions of kind ${kind}` })
    @ApiQuery({ type: DefinitionsQuery })
    @ApiOkResponse({ type: pageOf(stored, `${kind}Page`) })
    async list(@Query() raw: Record<string, unknown>): Promise<object> {
      const { tag, ...query } = readBody(DefinitionsQuery, { ...raw });
      const colon = tag?.indexOf(':') ?? -1;
      return this.registry.list({
        ...query,
        kind,
        ...(tag !== undefined && { tag: { name: tag.slice(0, colon), value: tag.slice(colon + 1) } }),
      });
    }

    @Get(':name')
    @ApiOperation({ operationId: `get${kind}`, summary: `Read a definition; its ETag goes into If-Match` })
    @ApiOkResponse({ type: stored })
    @ApiResponse({ status: 404, description: 'Not registered' })
    async read(
      @Param('name') name: string,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<StoredDefinition> {
      const found = await this.registry.find(kind, name);
      if (!found) throw notRegistered(kind, name);
      void reply.header('etag', entityTagOf(found));
      return found;
    }

    @Get(':name/versions')
    @ApiOperation({ operationId: `list${kind}Versions`, summary: 'All versions, as they were registered' })
    @ApiOkResponse({ type: [version] })
    async versions(@Param('name') name: string): Promise<object> {
      const versions = await this.registry.versions(kind, name);
      if (versions.length === 0) throw notRegistered(kind, name);
      return versions;
    }

    @Get(':name/versions/:version')
    @ApiOperation({ operationId: `get${kind}Version`, summary: 'One version, as it was registered' })
    @ApiOkResponse({ type: version })
    async version(
      @Param('name') name: string,
      @Param('version', ParseIntPipe) number: number,
    ): Promise<object> {
      const versions = await this.registry.versions(kind, name);
      const found = versions.find((candidate) => candidate.version === number);
      if (!found) throw notRegistered(kind, `${name}@${number}`);
      return found;
    }

    @Put(':name')
    @ApiOperation({
      operationId: `put${kind}`,
      summary: 'Create or change a definition',
      description: 'A change of meaning makes a new version; the same content changes nothing.',
    })
    @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that it must still have, or *' })
    @ApiHeader({ name: 'If-None-Match', required: false, description: '* to create only' })
    @ApiBody({ type: form })
    @ApiOkResponse({ type: stored })
    @ApiResponse({ status: 201, type: stored, description: 'Created' })
    @ApiResponse({ status: 412, description: 'It is not what If-Match or If-None-Match expect' })
    @ApiResponse({ status: 422, description: 'Not valid: all faults are in `faults`' })
    async put(
      @Param('name') name: string,
      @Body() body: unknown,
      @Req() request: FastifyRequest,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<StoredDefinition> {
      const result = await this.changes.put({ kind, name }, body, changeRequestOf(request));
      void reply.status(result.created ? 201 : 200).header('etag', entityTagOf(result.stored));
      return result.stored;
    }

    @Delete(':name')
    @HttpCode(204)
    @ApiOperation({ operationId: `delete${kind}`, summary: 'Remove a definition that nothing depends on' })
    @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that it must still have' })
    @ApiResponse({ status: 204, description: 'Removed' })
    @ApiResponse({ status: 409, description: 'Something depends on it: see `faults`' })
    async remove(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
      await this.changes.remove({ kind, name }, changeRequestOf(request));
    }
  }
  Object.defineProperty(DefinitionsController, 'name', { value: `${kind}Controller` });
  return DefinitionsController;
}

function changeRequestOf(request: FastifyRequest): ChangeRequest {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  return { headers: { 'if-match': match, 'if-none-match': noneMatch }, by: callerOf(request).name };
}

function notRegistered(kind: DefinitionKind, name: string): MillraceError {
  return new MillraceError('NOT_FOUND', `there is no ${kind} "${name}"`, { kind, name });
}
