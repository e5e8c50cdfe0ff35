import type { Metrics } from '@millrace/telemetry';
import type { FastifyInstance } from 'fastify';

/** What one thing that the process needs says about itself. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves to undefined when all is well, else to what is wrong, for a person. Must not hang. */
  readonly check: () => Promise<string | undefined>;
}

export interface Operations {
  readonly metrics: Metrics;
  readonly checks: readonly ReadinessCheck[];
}

/**
 * `/healthz`: the process is alive. `/readyz`: every store answers and the plan is loaded, else 503 with what
 * is wrong by name. `/metrics`: Prometheus. Mounted on the server itself: they answer also when all else
 * is refused.
 */
export function mountOperations(server: FastifyInstance, operations: Operations): void {
  server.get('/healthz', (_request, reply) => reply.send({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const wrong: Record<string, string> = {};
    await Promise.all(
      operations.checks.map(async ({ name, check }) => {
        const fault = await check().catch((error: unknown) => String(error));
        if (fault !== undefined) wrong[name] = fault;
      }),
    );
    const ready = Object.keys(wrong).length === 0;
    return reply.status(ready ? 200 : 503).send(ready ? { status: 'ready' } : { status: 'not ready', wrong });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', operations.metrics.contentType).send(await operations.metrics.text()),
  );
}
