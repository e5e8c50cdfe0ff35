import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorAnswer, FailedRequest, KnownAccess } from '@millrace/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readJsonBody } from './json-body.js';
import type { ObserveRead } from './usage/serving-metrics.js';

/** What answers a route that models wait for: from the parsed body to the bytes of the answer. */
export type HotRoute = (body: unknown) => Promise<Buffer>;

export interface HotRoutes {
  /** By their address; all of them are POST. */
  readonly routes: ReadonlyMap<string, HotRoute>;
  readonly isKnown: KnownAccess;
  readonly bodyBytesMax: number;
  readonly observe: ObserveRead;
  readonly errorAnswer: (error: unknown, request: FailedRequest) => ErrorAnswer;
  /** Notes a request that could not even be answered with an error; its connection is cut off. */
  readonly onLost: (error: unknown, request: FailedRequest) => void;
}

/** With its charset: Fastify adds one to texts only. */
const JSON_TYPE = 'application/json; charset=utf-8';
const JSON_REQUESTS: ReadonlySet<string | undefined> = new Set(['application/json', JSON_TYPE]);

/**
 * Answers some routes before Fastify and Nest see the request, which take a third of a read of 50 features: Fastify its
 * request and reply, hooks and body stream, Nest an execution context and a chain of guards, pipes and interceptors,
 * of which those routes have none. The controllers go on to declare the routes and their OpenAPI; their methods are what
 * runs. Only the usual form of a request is answered here (JSON of a length told beforehand, from a caller that was let
 * through before); all else goes on to Fastify, where the same methods answer beside Nest's router. Must come before Nest
 * declares its routes, and before the server listens.
 */
export function mountHotRoutes(server: FastifyInstance, hot: HotRoutes): void {
  server.addHook('onRoute', (route) => {
    const answer = route.method === 'POST' ? hot.routes.get(route.url) : undefined;
    if (!answer) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply): Promise<Buffer> => {
      void reply.header('content-type', JSON_TYPE);
      return answer(request.body);
    };
  });
  const door = new HotDoor(hot);
  server.addHook('preClose', (done) => {
    door.isClosing = true;
    done();
  });
  const { server: http } = server;
  const [onward] = http.listeners('request') as RequestListener[];
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (!door.take(request, response)) onward?.(request, response);
  });
}

class HotDoor {
  /** Clients must not send their next request into a closing connection. */
  isClosing = false;

  constructor(private readonly hot: HotRoutes) {}

  /** Whether the request is answered here. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', method, headers } = request;
    const answer = this.hot.routes.get(url);
    if (!answer || method !== 'POST' || !JSON_REQUESTS.has(headers['content-type'])) return false;
    const length = Number(headers['content-length']);
    if (!(length > 0 && length <= this.hot.bodyBytesMax)) return false;
    if (!this.hot.isKnown(`POST ${url}`, headers.authorization)) return false;
    const startedMs = performance.now();
    readWhole(request, length, (body) => {
      this.answer(answer, body, response, { method, url })
        .then(() => this.hot.observe(url, response.statusCode, (performance.now() - startedMs) / 1_000))
        // Nobody else waits for this: what is thrown here would end the process, and the reads of all others with it.
        .catch((error: unknown) => {
          this.hot.onLost(error, { method, url });
          response.destroy();
        });
    });
    return true;
  }

  private async answer(
    answer: HotRoute,
    body: Buffer,
    response: ServerResponse,
    request: FailedRequest,
  ): Promise<void> {
    try {
      this.send(response, await answer(readJsonBody(body)));
    } catch (error) {
      this.sendError(response, this.hot.errorAnswer(error, request));
    }
  }

  private send(response: ServerResponse, json: Buffer): void {
    const headers = ['content-type', JSON_TYPE, 'content-length', `${json.length}`];
    if (this.isClosing) headers.push('connection', 'close');
    response.writeHead(200, headers);
    response.end(json);
  }

  /** Also a body that is no JSON was read to its end: the connection stays usable, which Fastify would close. */
  private sendError(response: ServerResponse, { status, headers, body }: ErrorAnswer): void {
    response.writeHead(status, {
      ...headers,
      'content-length': Buffer.byteLength(body),
      ...(this.isClosing && { connection: 'close' }),
    });
    response.end(body);
  }
}

/** Calls back when as many bytes have come; nobody waits for those of a client that went away. */
function readWhole(request: IncomingMessage, length: number, done: (body: Buffer) => void): void {
  let pieces: Buffer[] = [];
  let missing = length;
  request.on('data', (piece: Buffer) => {
    pieces.push(piece);
    missing -= piece.length;
    if (missing > 0) return;
    const [first] = pieces;
    done(pieces.length === 1 && first ? first : Buffer.concat(pieces, length));
    pieces = [];
  });
}
