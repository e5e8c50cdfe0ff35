import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Keys, openRedis, closeRedis, connected, PlanStore } from '@millrace/redis';
import { expect, it } from 'vitest';
import { PLAN } from '../faults/payments.js';
import { startRedis, startTestApps, startPostgres, waitFor } from '../kit/index.js';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** An OTLP collector: remembers the spans that it is sent. */
async function startCollector() {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sent = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      spans.push(
        ...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1/traces`, spans, stop: () => server.close() };
}

it('a trace leads from the request of a client to the commit of the turn that applied its event', async () => {
  const collector = await startCollector();
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const client = openRedis({ url: redis.url, role: 'request', name: 'test' });
  await connected(client);
  await new PlanStore(client, new Keys()).publish(PLAN);
  const apps = await startTestApps({
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    environment: { MILLRACE_TRACES_URL: collector.url, MILLRACE_LOG_LEVEL: 'warn' },
  });
  try {
    const traceId = 'ab'.repeat(16);
    const answer = await fetch(`${apps.ingest.url}/v1/events/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` },
      body: JSON.stringify({ payment_id: 'p1', account: 'ada', amount: 1, paid_at: Date.now() }),
    });
    expect(answer.status).toBe(202);
    const ofTrace = () => collector.spans.filter((span) => span.traceId === traceId);
    await waitFor('both spans of the trace', () => ofTrace().length >= 2, { deadlineMs: 20_000 });
    const request = ofTrace().find(({ name }) => name === 'POST /v1/events/{source}');
    const commit = ofTrace().find(({ name }) => name === 'turn: apply and commit');
    expect(request?.parentSpanId).toBe('cd'.repeat(8));
    expect(commit?.parentSpanId).toBe(request?.spanId);
  } finally {
    await apps.stop();
    await closeRedis(client);
    await Promise.all([redis.stop(), postgres.stop()]);
    collector.stop();
  }
});
