import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { problemOf, ProblemFilter } from '@millrace/http';
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
  private readonly problems: ProblemFilter;

  constructor(private readonly logger: Logger) {
    this.problems = new ProblemFilter(logger);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const [path = ''] = request.url.split('?', 1);
    if (!FEAST_ROUTES.has(path)) {
      this.problems.catch(error, host);
      return;
    }
    const problem = problemOf(error);
    const answer = feastErrorOf(error) ?? {
      status: problem.status,
      body: feastErrorBody('FeastError', String(problem.body['detail'])),
    };
    if (answer.status >= 500) this.logger.error({ err: error, url: request.url }, problem.body.code);
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(answer.status)
      .headers({ ...problem.headers, 'content-type': 'application/json' })
      .send(answer.body);
  }
}
