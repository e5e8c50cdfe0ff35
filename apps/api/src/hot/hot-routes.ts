import type { RequestListener } from 'node:http';
import { DoorAnswers, JSON_TYPE, mountConnectionDoor, type DoorRoute, type DoorRoutes } from '@millrace/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readJsonBody } from '../json-body.js';
import { RequestDoor } from './request-door.js';

/**
 * What answers a route that models wait for: from the parsed body to the bytes of the answer, which are there until
 * `use` returns.
 */
export type HotRoute = <T>(body: unknown, use: (json: Buffer) => T) => Promise<T>;

export interface HotRoutes extends Omit<DoorRoutes, 'routeFor'> {
  /** By their address; all of them are POST. */
  readonly routes: ReadonlyMap<string, HotRoute>;
}

/**
 * Answers some routes before Fastify and Nest see the request, which take a third of a read of 50 features: Fastify its
 * request and reply, hooks and body stream, Nest an execution context and a chain of guards, pipes and interceptors,
 * of which those routes have none. The controllers go on to declare the routes and their OpenAPI; their methods are what
 * runs. Only the usual form of a request is answered here (JSON of a length told beforehand, from a caller that was let
 * through before); all else goes on to Fastify, where the same methods answer beside Nest's router. There are two doors:
 * connections come to the first, and go on to Node's HTTP server with the first request that is not plain; requests of
 * those come to the second. Must come before Nest declares its routes, and before the server listens.
 */
export function mountHotRoutes(server: FastifyInstance, { routes, ...parts }: HotRoutes): void {
  server.addHook('onRoute', (route) => {
    const answer = route.method === 'POST' ? routes.get(route.url) : undefined;
    if (!answer) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply): Promise<Buffer> => {
      void reply.header('content-type', JSON_TYPE);
      return answer(request.body, (json) => Buffer.from(json));
    };
  });
  const atDoor = new Map(Array.from(routes, ([url, answer]) => [url, doorRoute(url, answer)]));
  const answers = new DoorAnswers({ ...parts, routeFor: (url) => atDoor.get(url) });
  mountRequestDoor(server, answers);
  mountConnectionDoor(server, answers);
}

function doorRoute(url: string, answer: HotRoute): DoorRoute {
  return {
    name: `POST ${url}`,
    status: 200,
    answer: async (body, _url, use) => answer(readJsonBody(body), use),
  };
}

function mountRequestDoor(server: FastifyInstance, answers: DoorAnswers): void {
  const { server: http } = server;
  const door = new RequestDoor(answers);
  const [onward] = http.listeners('request') as RequestListener[];
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (!door.take(request, response)) onward?.(request, response);
  });
  server.addHook('preClose', (done) => {
    door.isClosing = true;
    done();
  });
}
