import { FastifyAdapter } from '@nestjs/platform-fastify';
import { closeConnectionsInTime } from './closing-connections.js';

/**
 * A client that takes longer to send its headers or its body is cut off (slowloris). Node's own: 60 s and 300 s. With
 * the look below, and a second for a process that is busy, nobody stays for 10 s (F18).
 */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 8_000;
/** How often Node looks for such clients; its own 30 s would let them stay for half a minute. */
export const CONNECTIONS_CHECK_EVERY_MS = 500;
/** Longer than the idle time-out of common load balancers (60 s), so that they close first, not we under them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Fastify as every app serves with it: bounded in body and time, draining without a failed request. */
export function createHttpAdapter(limits: { readonly bodyBytesMax: number }): FastifyAdapter {
  const adapter = new FastifyAdapter({
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CONNECTIONS_CHECK_EVERY_MS },
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // While closing, requests on open connections are still answered (with `connection: close`).
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2_000 },
    // Bodies come from outside: keys that would reach a prototype are data here, never assigned to one.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  closeConnectionsInTime(adapter.getInstance());
  return adapter;
}
