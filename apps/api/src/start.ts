import {
  createHttpApp,
  mountApiDocument,
  mountOperations,
  openAccess,
  startListening,
  type HttpApp,
} from '@millrace/http';
import {
  commandFault,
  connected,
  Keys,
  type HashFields,
  type PlanWatcher,
  type RedisConnection,
} from '@millrace/redis';
import type { ServedUsage, ServingPlan, UsageFlush } from '@millrace/serving';
import { recurringWarning, type Metrics } from '@millrace/telemetry';
import { ACCESS_RULES, pageRules } from './access-rules.js';
import { DATABASE } from './admin/tokens.js';
import { ApiModule } from './api.module.js';
import type { ApiConfig } from './config.js';
import { ApiErrorFilter } from './feast/feast-error-filter.js';
import { FeastController } from './feast/feast.controller.js';
import { FeaturesController } from './features.controller.js';
import { mountHotRoutes } from './hot/hot-routes.js';
import { mountJsonBodies } from './json-body.js';
import { mountLimitMetrics } from './operations/limit-metrics.js';
import { mountQueueBoard } from './operations/queue-board.js';
import { BrowserPort } from './page/browser-port.js';
import { builtPageFolder, readPageFiles } from './page/page-files.js';
import { mountPage } from './page/page-routes.js';
import { GATE, HASHES, LOGGER, METRICS, PLAN, REDIS, WAITS } from './tokens.js';
import { mountServingMetrics } from './usage/serving-metrics.js';
import { USAGE, USAGE_FLUSH } from './usage/tokens.js';

/** Boots the api app and listens. */
export async function startApi(config: ApiConfig): Promise<HttpApp> {
  const running = await createHttpApp(ApiModule.of(config), { ...config, logger: LOGGER });
  const { app, server, logger } = running;
  mountJsonBodies(server);
  const plan = app.get<PlanWatcher<ServingPlan>>(PLAN);
  const redis = app.get<RedisConnection>(REDIS);
  const hashes = app.get<HashFields>(HASHES);
  const pageFiles = readPageFiles(builtPageFolder());
  const isKnown = openAccess(server, {
    config: config.access,
    redis,
    keyPrefix: config.keyPrefix,
    rules: { ...ACCESS_RULES, ...pageRules(pageFiles) },
    onError: recurringWarning(logger, 'access keys not loaded'),
  });
  const metrics = app.get<Metrics>(METRICS);
  const observe = mountServingMetrics(server, metrics, app.get<ServedUsage>(USAGE), plan);
  mountLimitMetrics(metrics, { rows: app.get(GATE), waits: app.get(WAITS), registry: app.get(DATABASE) });
  const [features, feast] = [app.get(FeaturesController), app.get(FeastController)];
  const errors = new ApiErrorFilter(logger);
  mountHotRoutes(server, {
    routes: new Map([
      ['/v1/features', (body, use) => features.answer(body, use)],
      ['/get-online-features', async (body, use) => use(await feast.read(body))],
    ]),
    isKnown,
    bodyBytesMax: config.bodyBytesMax,
    observe,
    errorAnswer: (error, request) => errors.answerOf(error, request),
    onLost: (error, request) => logger.error({ err: error, ...request }, 'read not answered'),
  });
  mountOperations(server, {
    metrics,
    checks: [
      { name: 'redis', check: () => redis.ping().then(() => undefined, commandFault) },
      { name: 'redis for reads', check: async () => hashes.fault() },
    ],
    plan,
  });
  if (pageFiles.length === 0) logger.warn('the page is not built: `npm run build` does it');
  mountPage(server, pageFiles);
  const browserPort = config.pagePort === undefined ? undefined : new BrowserPort(server);
  await mountQueueBoard(server, redis, new Keys(config.keyPrefix), logger);
  mountApiDocument(app, 'Millrace');
  app.get<UsageFlush>(USAGE_FLUSH).start();
  await startListening(running, {
    ...config,
    plan,
    connected: Promise.all([connected(redis), hashes.connected()]),
  });
  if (browserPort) logger.info({ page: await browserPort.listen(config.host, config.pagePort ?? 0) }, 'page');
  return running;
}
