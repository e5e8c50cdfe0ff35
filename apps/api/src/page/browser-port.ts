import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClosingConnections, CONNECTIONS_CHECK_EVERY_MS } from '@millrace/http';
import type { FastifyInstance } from 'fastify';

/**
 * Port 6566 is Feast's, and one of those that browsers (and Node's fetch) refuse to open: a "bad port" of the
 * Fetch standard. So the same routes are also served on a second port, which drains with the first.
 */
export class BrowserPort {
  private readonly http: Server;
  private readonly connections: ClosingConnections;

  /** Before the server listens: afterwards it takes no more hooks. */
  constructor(server: FastifyInstance) {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = server.server;
    this.http = createServer(
      {
        headersTimeout,
        requestTimeout,
        keepAliveTimeout,
        connectionsCheckingInterval: CONNECTIONS_CHECK_EVERY_MS,
      },
      (request, response) => server.routing(request, response),
    );
    this.connections = new ClosingConnections(this.http);
    server.addHook('preClose', () => this.close());
  }

  /** Resolves to the address when it listens; the server's routes have to be ready by then. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(port, host, () => {
        this.http.off('error', reject);
        const bound = this.http.address() as AddressInfo;
        resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`);
      });
    });
  }

  /** Stops listening and waits for requests under way, as long as the other port does. */
  private close(): Promise<void> {
    if (!this.http.listening) return Promise.resolve();
    this.connections.begin();
    return new Promise((resolve) => this.http.close(() => resolve()));
  }
}
