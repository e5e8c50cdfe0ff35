import { STATUS_NAMES, type ServedUsage, type ServingPlan } from '@millrace/serving';
import type { PlanWatcher } from '@millrace/redis';
import type { Metrics } from '@millrace/telemetry';
import type { FastifyInstance } from 'fastify';

/** The routes that serve features. */
const READS = ['/v1/features', '/get-online-features'];

/** What the api app says about its reads at `/metrics`. */
export function mountServingMetrics(
  server: FastifyInstance,
  metrics: Metrics,
  usage: ServedUsage,
  plan: PlanWatcher<ServingPlan>,
): void {
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
  server.addHook('onResponse', (request, reply, done) => {
    // By the address itself where it is a whole route, which spares building the route's options.
    const route = READS.includes(request.url) ? request.url : request.routeOptions.url;
    if (route !== undefined && READS.includes(route)) {
      seconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1_000);
    }
    done();
  });
}
