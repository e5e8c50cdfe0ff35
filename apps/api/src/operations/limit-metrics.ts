import type { Database } from '@millrace/registry';
import type { ReadGate } from '@millrace/serving';
import type { Metrics } from '@millrace/telemetry';

/** What takes work on up to a limit. */
export interface LimitedWork {
  /** Entities that are read or pushed. */
  readonly rows: ReadGate;
  /** Reads that wait for a position. */
  readonly waits: ReadGate;
  readonly registry: Database;
}

/** How near the api is to its limits, as of each scrape. What is beyond them is 503 in the counts of requests. */
export function mountLimitMetrics(metrics: Metrics, { rows, waits, registry }: LimitedWork): void {
  metrics.gauge(
    'millrace_rows_in_flight',
    'Entities that are read or pushed now, over all requests; beyond MILLRACE_ROWS_IN_FLIGHT_MAX requests get 503',
    [],
    (gauge) => gauge.set(rows.inFlight),
  );
  metrics.gauge(
    'millrace_waiting_reads',
    'Reads that wait for a position now; beyond MILLRACE_WAITING_READS_MAX further ones get 503',
    [],
    (gauge) => gauge.set(waits.inFlight),
  );
  metrics.gauge(
    'millrace_registry_transactions',
    'Transactions on the registry that run, and that wait for a connection: for five seconds, then they get 503',
    ['state'],
    (gauge) => {
      const { running, waiting } = registry.transactions;
      gauge.set({ state: 'running' }, running);
      gauge.set({ state: 'waiting' }, waiting);
    },
  );
}
