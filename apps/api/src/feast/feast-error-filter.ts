import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { problemAnswer, problemOf, sendError, type ErrorAnswer, type FailedRequest } from '@millrace/http';
import { feastErrorBody, feastErrorOf } from '@millrace/serving';
import type { Logger } from '@millrace/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';

const FEAST_ROUTES = new Set([
  '/get-online-features',
  '/push',
  '/write-to-online-store',
  '/materialize',
  '/materialize-incremental',
]);

/**
 * Errors of this app. One filter for all routes, because a body that cannot be read fails before a route is
 * known to Nest: Feast's routes answer as Feast does, all others with problem documents.
 */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendError(http.getResponse<FastifyReply>(), this.answerOf(error, http.getRequest<FastifyRequest>()));
  }

  answerOf(error: unknown, request: FailedRequest): ErrorAnswer {
    const { url } = request;
    const [path = ''] = url.split('?', 1);
    if (!FEAST_ROUTES.has(path)) return problemAnswer(error, request, this.logger);
    const problem = problemOf(error, request.routeOptions?.bodyLimit);
    const { status, body } = feastErrorOf(error) ?? {
      status: problem.status,
      body: feastErrorBody('FeastError', String(problem.body['detail'])),
    };
    if (status >= 500) this.logger.error({ err: error, url }, problem.body.code);
    return {
      status,
      headers: { ...problem.headers, 'content-type': 'application/json; charset=utf-8' },
      body,
    };
  }
}
