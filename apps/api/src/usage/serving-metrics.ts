import { STATUS_NAMES, type ServedUsage, type ServingPlan } from '@millrace/serving';
import type { PlanWatcher } from '@millrace/redis';
import type { Metrics } from '@millrace/telemetry';
import type { FastifyInstance } from 'fastify';

/** The routes that serve features. */
const READS = ['/v1/features', '/get-online-features'];

/** Notes a read that was answered. */
export type ObserveRead = (route: string, status: number, seconds: number) => void;

/** What the api app says about its reads at `/metrics`; reads that Fastify answers are noted here. */
export function mountServingMetrics(
  server: FastifyInstance,
  metrics: Metrics,
  usage: ServedUsage,
  plan: PlanWatcher<ServingPlan>,
): ObserveRead {
  const seconds = metrics.seconds('millrace_serving_request_seconds', 'Reads by route and HTTP status', [
    'route',
    'status',
  ]);
  metrics.counter(
    'millrace_serving_rows_total',
    'Entities served by service and variant',
    ['service', 'variant'],
    (rows) => {
      rows.reset();
      for (const { service = '', variant = '', rows: served } of usage.totals())
        rows.inc({ service, variant }, served);
    },
  );
  metrics.counter(
    'millrace_serving_values_total',
    'Values served by service, variant and status; stale ones are OUTSIDE_MAX_AGE',
    ['service', 'variant', 'status'],
    (values) => {
      values.reset();
      for (const { service = '', variant = '', byStatus } of usage.totals()) {
        for (const [i, status] of STATUS_NAMES.entries()) {
          values.inc({ service, variant, status }, byStatus[i] ?? 0);
        }
      }
    },
  );
  metrics.gauge('millrace_ready_bytes', 'Bytes of answers that are kept to give them again', [], (gauge) =>
    gauge.set(plan.current?.compiled.readyUse.bytes ?? 0),
  );
  metrics.counter('millrace_ready_rows_total', 'Rows answered with a kept answer', [], (rows) => {
    rows.reset();
    rows.inc(plan.current?.compiled.readyUse.givenAgain ?? 0);
  });
  const observe: ObserveRead = (route, status, elapsed) => seconds.observe({ route, status }, elapsed);
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    if (route !== undefined && READS.includes(route)) {
      observe(route, reply.statusCode, reply.elapsedTime / 1_000);
    }
    done();
  });
  return observe;
}
