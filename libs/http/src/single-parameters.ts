import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { MillraceError } from '@millrace/core';

/** A parameter that stands twice in a query is a list to Fastify; no route of ours takes one. */
@Injectable()
export class SingleParameters implements PipeTransform {
  /** @throws MillraceError BAD_REQUEST that names the parameter. */
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    if (type === 'query' && data !== undefined && Array.isArray(value)) {
      throw new MillraceError('BAD_REQUEST', `${data}: ${value.length} values in the query, one is allowed`);
    }
    return value;
  }
}
