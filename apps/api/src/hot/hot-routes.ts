import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ConnectionDoor } from './connection-door.js';
import { HotReads, JSON_TYPE, type HotRoutes } from './hot-reads.js';
import { RequestDoor } from './request-door.js';

/**
 * Answers some routes before Fastify and Nest see the request, which take a third of a read of 50 features: Fastify its
 * request and reply, hooks and body stream, Nest an execution context and a chain of guards, pipes and interceptors,
 * of which those routes have none. The controllers go on to declare the routes and their OpenAPI; their methods are what
 * runs. Only the usual form of a request is answered here (JSON of a length told beforehand, from a caller that was let
 * through before); all else goes on to Fastify, where the same methods answer beside Nest's router. There are two doors:
 * connections come to the first, and go on to Node's HTTP server with the first request that is not plain; requests of
 * those come to the second. Must come before Nest declares its routes, and before the server listens.
 */
export function mountHotRoutes(server: FastifyInstance, hot: HotRoutes): void {
  server.addHook('onRoute', (route) => {
    const answer = route.method === 'POST' ? hot.routes.get(route.url) : undefined;
    if (!answer) return;
    route.handler = (request: FastifyRequest, reply: FastifyReply): Promise<Buffer> => {
      void reply.header('content-type', JSON_TYPE);
      return answer(request.body, (json) => Buffer.from(json));
    };
  });
  const reads = new HotReads(hot);
  const requests = mountRequestDoor(server, reads);
  const connections = mountConnectionDoor(server, reads);
  server.addHook('preClose', (done) => {
    requests.isClosing = true;
    connections.close();
    done();
  });
}

function mountRequestDoor({ server: http }: FastifyInstance, reads: HotReads): RequestDoor {
  const door = new RequestDoor(reads);
  const [onward] = http.listeners('request') as RequestListener[];
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (!door.take(request, response)) onward?.(request, response);
  });
  return door;
}

function mountConnectionDoor({ server: http }: FastifyInstance, reads: HotReads): ConnectionDoor {
  // The server's own, added when it was made; others only want to know.
  const [onward] = http.listeners('connection') as ((socket: Socket) => void)[];
  if (!onward) throw new Error('the HTTP server takes no connections');
  http.off('connection', onward);
  const door = new ConnectionDoor(reads, http.keepAliveTimeout, (socket) => onward.call(http, socket));
  http.on('connection', (socket: Socket) => door.take(socket));
  return door;
}
