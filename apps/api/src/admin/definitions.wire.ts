import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 500;

export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(PAGE_MAX)
  limit: number = PAGE_DEFAULT;

  @ApiPropertyOptional({ description: '`next` of the page before' })
  @IsOptional()
  @IsString()
  after?: string;
}

export class DefinitionsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Only of this owner' })
  @IsOptional()
  @IsString()
  owner?: string;

  @ApiPropertyOptional({ description: 'Only with this tag', example: 'team:risk' })
  @IsOptional()
  @Matches(/^[^:]+:/, { message: 'tag must be written name:value' })
  tag?: string;

  @ApiPropertyOptional({ description: 'Only where the name or the description has this text' })
  @IsOptional()
  @IsString()
  text?: string;
}

/** What comes with every definition of an answer; the definition itself is a form of its kind. */
export class StoredBody {
  @ApiProperty()
  version!: number;

  @ApiProperty({ description: 'The revision of the registry in which it last changed' })
  revision!: number;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class StoredVersionBody {
  @ApiProperty()
  version!: number;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

/** A schema of the OpenAPI document: a body with the definition of one kind in it. */
export function bodyWithDefinition<T extends new () => object>(
  base: T,
  form: new () => object,
  name: string,
): T {
  class WithDefinition extends (base as new () => object) {
    @ApiProperty({ type: form })
    definition!: object;
  }
  Object.defineProperty(WithDefinition, 'name', { value: name });
  return WithDefinition as T;
}

/** The schema of a page of such bodies. */
export function pageOf(item: new () => object, name: string): new () => object {
  class PageBody {
    @ApiProperty({ type: [item] })
    items!: object[];

    @ApiPropertyOptional({ description: 'Gives the next page; absent on the last one' })
    next?: string;
  }
  Object.defineProperty(PageBody, 'name', { value: name });
  return PageBody;
}
