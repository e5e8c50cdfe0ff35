import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How often a closing server looks for connections whose request was answered meanwhile. */
const LOOK_EVERY_MS = 50;
/** For how long a closing server waits for the first byte of a connection that was just opened. */
const SILENT_MS = 1_000;
/** For how long it waits for requests under way: two seconds are left of a drain for everything else. */
const UNDER_WAY_MS = 8_000;

/**
 * Ends the connections of a server that closes. Node's `close` ends the idle ones of that very moment, then waits for
 * the others for ever: one whose request was under way and whose client keeps it open for the next, one on which
 * nothing was ever sent, one that never finishes its request (Node stops looking for those when it closes).
 */
export class ClosingConnections {
  readonly #http: Server;
  readonly #open = new Set<Socket>();

  constructor(http: Server) {
    this.#http = http;
    http.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** From now on; the server is closed by its owner. */
  begin(): void {
    const startedMs = performance.now();
    const timer = setInterval(() => {
      this.#http.closeIdleConnections();
      const passedMs = performance.now() - startedMs;
      for (const socket of this.#open) {
        if (passedMs >= UNDER_WAY_MS || (passedMs >= SILENT_MS && socket.bytesRead === 0)) socket.destroy();
      }
      if (this.#open.size === 0 && !this.#http.listening) clearInterval(timer);
    }, LOOK_EVERY_MS);
    // A drain that is done does not wait for the next look.
    timer.unref();
  }
}

/** Lets a server close without waiting for its clients, and without a failed request. Before it listens. */
export function closeConnectionsInTime(server: FastifyInstance): void {
  const connections = new ClosingConnections(server.server);
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    connections.begin();
    done();
  });
  // Requests that were under way already: their clients must not send the next one into a closing connection.
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
}
