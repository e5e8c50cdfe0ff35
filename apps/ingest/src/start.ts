import { MillraceError } from '@millrace/core';
import {
  createHttpApp,
  mountApiDocument,
  mountOperations,
  openAccess,
  startListening,
  type HttpApp,
} from '@millrace/http';
import { connected, Keys, writeRefusal, type PlanWatcher, type RedisConnection } from '@millrace/redis';
import { recurringWarning, type Metrics, type Tracing } from '@millrace/telemetry';
import { ACCESS_RULES } from './access-rules.js';
import type { IngestConfig } from './config.js';
import { EVENT_DOCUMENT } from './event-document.js';
import { mountEventRoute } from './event-route.js';
import type { IngestMetrics } from './ingest-metrics.js';
import { IngestModule } from './ingest.module.js';
import type { Intake } from './intake.js';
import type { SourceCatalog } from './source-catalog.js';
import { INGEST_METRICS, INTAKE, LOGGER, METRICS, PLAN, REDIS, TRACING } from './tokens.js';

/** Boots the ingest app and listens. */
export async function startIngest(config: IngestConfig): Promise<HttpApp> {
  const running = await createHttpApp(IngestModule.of(config), { ...config, logger: LOGGER });
  const { app, server, logger } = running;
  // Bodies stay bytes: they may be zipped, and their integers may need more digits than JSON.parse keeps.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/json', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  server.addContentTypeParser('*', (request, _payload, done) => {
    const type = JSON.stringify(request.headers['content-type'] ?? '');
    const message = `content-type ${type} is not supported; allowed: application/json, application/x-ndjson`;
    done(new MillraceError('UNSUPPORTED_MEDIA_TYPE', message));
  });
  const plan = app.get<PlanWatcher<SourceCatalog>>(PLAN);
  const redis = app.get<RedisConnection>(REDIS);
  const keys = new Keys(config.keyPrefix);
  const isKnown = openAccess(server, {
    config: config.access,
    redis,
    keyPrefix: config.keyPrefix,
    rules: ACCESS_RULES,
    onError: recurringWarning(logger, 'access keys not loaded'),
  });
  mountOperations(server, {
    metrics: app.get<Metrics>(METRICS),
    checks: [{ name: 'redis', check: () => writeRefusal('append', redis, keys) }],
    plan,
  });
  mountEventRoute(server, {
    limits: config,
    isKnown,
    plan,
    intake: app.get<Intake>(INTAKE),
    metrics: app.get<IngestMetrics>(INGEST_METRICS),
    tracing: app.get<Tracing | undefined>(TRACING),
    logger,
  });
  mountApiDocument(app, 'Millrace ingest', EVENT_DOCUMENT);
  await startListening(running, { ...config, plan, connected: connected(redis) });
  return running;
}
