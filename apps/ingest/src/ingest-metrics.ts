import { problemOf } from '@millrace/http';
import type { Metrics } from '@millrace/telemetry';
import type { Intake } from './intake.js';
import type { Receipt } from './receipt.js';

/** What this app counts. */
export interface IngestMetrics {
  record(source: string, bodyBytes: number, receipt: Receipt): void;
  /** A request of which no event was taken, or not all of them. */
  refused(error: unknown): void;
}

/** What became of one source's events, since the process started. */
class Tally {
  accepted = 0;
  duplicate = 0;
  bodyBytes = 0;
  readonly rejected = new Map<string, number>();
}

/** Requests count in plain numbers, which become metrics when somebody looks: a label costs more than a sum. */
export function createIngestMetrics(metrics: Metrics, intake: Intake): IngestMetrics {
  const tallies = new Map<string, Tally>();
  metrics.counter(
    'millrace_ingest_events_total',
    'Events by source and outcome',
    ['source', 'outcome'],
    (counter) => {
      counter.reset();
      for (const [source, { accepted, duplicate, rejected }] of tallies) {
        const refused = [...rejected.values()].reduce((sum, count) => sum + count, 0);
        counter.inc({ source, outcome: 'accepted' }, accepted);
        counter.inc({ source, outcome: 'duplicate' }, duplicate);
        counter.inc({ source, outcome: 'rejected' }, refused);
      }
    },
  );
  metrics.counter(
    'millrace_ingest_rejected_total',
    'Rejected events by source and code',
    ['source', 'code'],
    (counter) => {
      counter.reset();
      for (const [source, { rejected }] of tallies)
        for (const [code, count] of rejected) counter.inc({ source, code }, count);
    },
  );
  metrics.counter(
    'millrace_ingest_body_bytes_total',
    'Bytes of request bodies, unzipped',
    ['source'],
    (counter) => {
      counter.reset();
      for (const [source, { bodyBytes }] of tallies) counter.inc({ source }, bodyBytes);
    },
  );
  metrics.gauge('millrace_ingest_pending_events', 'Events that wait for Redis in this process', [], (gauge) =>
    gauge.set(intake.pendingEvents),
  );
  const refusals = metrics.counter(
    'millrace_ingest_refused_total',
    'Requests refused as a whole, by code: MAILBOX_FULL is 429, REDIS_UNAVAILABLE 503',
    ['code'],
  );
  return {
    refused: (error) => refusals.inc({ code: problemOf(error).body.code }),
    record(source, bodyBytes, { accepted, duplicates, rejected }) {
      let tally = tallies.get(source);
      if (!tally) tallies.set(source, (tally = new Tally()));
      tally.accepted += accepted;
      tally.duplicate += duplicates;
      tally.bodyBytes += bodyBytes;
      for (const { code } of rejected) tally.rejected.set(code, (tally.rejected.get(code) ?? 0) + 1);
    },
  };
}
