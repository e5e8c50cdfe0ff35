import { refusalOf, type PlanStanding } from '@millrace/core';
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
  /** The plan that the process runs; PlanWatcher of @millrace/redis is one. */
  readonly plan: { readonly standing: PlanStanding };
}

/**
 * `/healthz`: the process is alive. `/readyz`: every store answers and a plan is loaded, else 503 with what
 * is wrong by name; a process that keeps an old plan because it cannot load the new one is ready and says so: one
 * wrong plan must not take all processes out of service. `/metrics`: Prometheus. Mounted on the server itself: they answer also when all else
 * is refused.
 */
export function mountOperations(server: FastifyInstance, operations: Operations): void {
  const { plan } = operations;
  measurePlan(operations.metrics, plan);
  server.get('/healthz', (_request, reply) => reply.send({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const wrong: Record<string, string> = {};
    await Promise.all(
      operations.checks.map(async ({ name, check }) => {
        const fault = await check().catch((error: unknown) => String(error));
        if (fault !== undefined) wrong[name] = fault;
      }),
    );
    const { standing } = plan;
    const refusal = refusalOf(standing);
    if (standing.revision === undefined) wrong['plan'] = refusal ?? 'no plan is published yet';
    if (Object.keys(wrong).length > 0) return reply.status(503).send({ status: 'not ready', wrong });
    return reply.send({ status: 'ready', ...(refusal !== undefined && { degraded: { plan: refusal } }) });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', operations.metrics.contentType).send(await operations.metrics.text()),
  );
}

function measurePlan(metrics: Metrics, plan: Operations['plan']): void {
  metrics.gauge(
    'millrace_plan_revision',
    'The plan that this process runs; 0 while it has none',
    [],
    (gauge) => gauge.set(plan.standing.revision ?? 0),
  );
  metrics.gauge(
    'millrace_plan_refused_revision',
    'A newer plan that this process could not load, so that it keeps the old one; 0 when there is none',
    [],
    (gauge) => gauge.set(plan.standing.refused?.revision ?? 0),
  );
}
