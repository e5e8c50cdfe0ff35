import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@millrace/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, PROBLEM_CONTENT_TYPE } from './problem.js';

/** Answers with the problem document of an error; what is our fault goes to the log, with its stack. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): void {
  const problem = problemOf(error);
  const { method, url } = request;
  const { code } = problem.body;
  if (code === 'INTERNAL') logger.error({ err: error, method, url }, code);
  else if (problem.status >= 500) logger.warn({ method, url, detail: problem.body['detail'] }, code);
  void reply
    .status(problem.status)
    .headers({ ...problem.headers, 'content-type': PROBLEM_CONTENT_TYPE })
    .send(JSON.stringify(problem.body));
}

/** The one place where errors of Nest's routes become answers. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}
