import type { Metrics } from '@millrace/telemetry';
import type { Intake, Receipt } from './intake.js';

/** What this app counts. */
export interface IngestMetrics {
  record(source: string, bodyBytes: number, receipt: Receipt): void;
}

export function createIngestMetrics(metrics: Metrics, intake: Intake): IngestMetrics {
  const events = metrics.counter('millrace_ingest_events_total', 'Events by source and outcome', [
    'source',
    'outcome',
  ]);
  const rejections = metrics.counter('millrace_ingest_rejected_total', 'Rejected events by source and code', [
    'source',
    'code',
  ]);
  const bytes = metrics.counter('millrace_ingest_body_bytes_total', 'Bytes of request bodies, unzipped', [
    'source',
  ]);
  metrics.gauge('millrace_ingest_pending_events', 'Events that wait for Redis in this process', [], (gauge) =>
    gauge.set(intake.pendingEvents),
  );
  return {
    record(source, bodyBytes, { accepted, duplicates, rejected }) {
      events.inc({ source, outcome: 'accepted' }, accepted);
      if (duplicates > 0) events.inc({ source, outcome: 'duplicate' }, duplicates);
      if (rejected.length > 0) events.inc({ source, outcome: 'rejected' }, rejected.length);
      for (const { code } of rejected) rejections.inc({ source, code });
      bytes.inc({ source }, bodyBytes);
    },
  };
}
