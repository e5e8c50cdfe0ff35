import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ConnectionDoor } from './connection-door.js';
import type { DoorAnswers } from './door-answers.js';

/**
 * Lets connections come to a door that answers plain requests; a connection goes on to Node's HTTP server with its first
 * request that is not plain. Must be called before the server listens.
 */
export function mountConnectionDoor(server: FastifyInstance, answers: DoorAnswers): void {
  const { server: http } = server;
  // The server's own, added when it was made; others only want to know.
  const [onward] = http.listeners('connection') as ((socket: Socket) => void)[];
  if (!onward) throw new Error('the HTTP server takes no connections');
  http.off('connection', onward);
  const door = new ConnectionDoor(answers, http.keepAliveTimeout, (socket) => onward.call(http, socket));
  http.on('connection', (socket: Socket) => door.take(socket));
  server.addHook('preClose', (done) => {
    door.close();
    done();
  });
}
