import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@millrace/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, PROBLEM_CONTENT_TYPE } from './problem.js';

/** What a caller is told about an error, as it is sent. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The request that failed, for the log, and what its route takes. */
export interface FailedRequest {
  readonly method: string;
  readonly url: string;
  readonly routeOptions?: { readonly bodyLimit?: number | undefined };
}

/** The problem document of an error; what is our fault goes to the log, with its stack. */
export function problemAnswer(error: unknown, request: FailedRequest, logger: Logger): ErrorAnswer {
  const { method, url, routeOptions } = request;
  const problem = problemOf(error, routeOptions?.bodyLimit);
  const { code } = problem.body;
  if (code === 'INTERNAL') logger.error({ err: error, method, url }, code);
  else if (problem.status >= 500) logger.warn({ method, url, detail: problem.body['detail'] }, code);
  return {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': PROBLEM_CONTENT_TYPE },
    body: JSON.stringify(problem.body),
  };
}

export function sendError(reply: FastifyReply, { status, headers, body }: ErrorAnswer): void {
  void reply.status(status).headers(headers).send(body);
}

/** Answers with the problem document of an error. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): void {
  sendError(reply, problemAnswer(error, request, logger));
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
