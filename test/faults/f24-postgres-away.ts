import { setTimeout as delay } from 'node:timers/promises';
import { closeRedis, connected, Keys, openRedis, type RedisConnection } from '@millrace/redis';
import {
  startPostgresOfItsOwn,
  startRedis,
  startTestApps,
  waitFor,
  type TestApps,
  type TestDatabaseServer,
} from '../kit/index.js';
import { metric } from './scrape.js';
import type { FaultOptions, FaultOutcome, FaultTest } from './fault-test.js';
import { Load } from './load.js';
import { PaymentSource, type Payment } from './payments.js';
import {
  ADMIN_REQUESTS_COUNT,
  Applier,
  applyPayments,
  auditOf,
  FeatureReads,
  notRefused,
  PhaseTimes,
} from './registry-traffic.js';
import { seededRandom } from './seeded-random.js';
import { judge } from './verdict.js';

/** Half an hour: all events stay inside the windows. */
const AGE_MS = 1_800_000;
/** A machine that does other things as well has worse moments; waiting for PostgreSQL would show as seconds. */
const P99_MS_MORE_MAX = 100;
const LOOK_EVERY_MS = 500;

/**
 * F24: PostgreSQL is away: events and reads do not notice, what needs the registry says so with the time to come
 * back, and all goes on by itself when it is there again, with an audit log in which no change is missing or double.
 * Nothing archives yet, so there is no archive here that could catch up.
 */
export const postgresAway = postgresAwayFor(60_000);

export function postgresAwayFor(awayMs: number): FaultTest {
  return {
    name: 'F24',
    about: `PostgreSQL away for ${awayMs / 1_000} s: ingest and serving unaffected, the registry says so`,
    run: (options) => runAway(awayMs, options),
  };
}

async function runAway(awayMs: number, options: FaultOptions): Promise<FaultOutcome> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgresOfItsOwn()]);
  const apps = await startTestApps({
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    environment: { MILLRACE_LOG_LEVEL: 'warn' },
  });
  const connection = openRedis({ url: redis.url, role: 'request', name: 'fault-test' });
  try {
    await connected(connection);
    if (!(await applyPayments(apps.api.url))) throw new Error('the definitions did not reach every process');
    return await away({ apps, postgres, connection, awayMs, options });
  } finally {
    await closeRedis(connection);
    await apps.stop();
    await Promise.all([redis.stop(), postgres.stop()]);
  }
}

interface Stage {
  readonly apps: TestApps;
  readonly postgres: TestDatabaseServer;
  readonly connection: RedisConnection;
  readonly awayMs: number;
  readonly options: FaultOptions;
}

async function away({ apps, postgres, connection, awayMs, options }: Stage): Promise<FaultOutcome> {
  const { seed, eventsPerSecond = 1_000, say } = options;
  const { api, ingest } = apps;
  let phase = 'before';
  const sendTimes = new PhaseTimes(() => phase);
  const readTimes = new PhaseTimes(() => phase);
  const load = new Load({
    ingestUrl: ingest.url,
    source: new PaymentSource(300, seededRandom(seed), Date.now() - AGE_MS),
    eventsPerSecond,
    eventsPerRequest: 50,
    onAnswer: (_status, tookMs) => sendTimes.add(tookMs),
  }).start();
  const reads = new FeatureReads(api.url, readTimes).start();
  const applier = new Applier(api.url).start();
  await delay(Math.min(awayMs, 10_000));

  await postgres.halt();
  phase = 'away';
  const wrong = await askWhileAway(api.url, awayMs);
  phase = 'back';
  await postgres.restart();
  const recoveryMs = await untilBack(api.url);
  await applier.stop();
  await reads.stop();
  const accepted = await load.finish();

  await everythingApplied(apps, accepted);
  const { lost, dup, wrong: wrongValues } = await judge(connection, new Keys(), accepted);
  const audit = await auditOf(api.url, applier.taken);
  const strange = [...wrong.answers, ...applier.strange];
  for (const answer of strange.slice(0, 10)) say(answer);
  say(
    `${accepted.length} events, ${reads.done} reads, ${applier.taken.length} changes, ${applier.refused} refused`,
  );

  const failed = load.refused + load.unanswered + load.hung;
  const unaffected = [sendTimes, readTimes].every(
    (times) => times.p99('away') <= 2 * times.p99('before') + P99_MS_MORE_MAX,
  );
  const p99 = (times: PhaseTimes): string =>
    `p99 ${times.p99('before').toFixed(0)} → ${times.p99('away').toFixed(0)} ms`;
  return {
    figures:
      `ingest failed ${failed} ${p99(sendTimes)} reads failed ${reads.failed} ${p99(readTimes)} ` +
      `admin 503 ${wrong.asked - wrong.answers.length} other ${strange.length} back in ${Math.round(recoveryMs)} ms ` +
      `audit missing ${audit.missing} double ${audit.double} unlike ${audit.unlike} lost ${lost} dup ${dup} wrong ${wrongValues}`,
    passed:
      failed + reads.failed + strange.length === 0 &&
      audit.missing + audit.double + audit.unlike === 0 &&
      lost + dup + wrongValues === 0 &&
      applier.refused > 0 &&
      applier.taken.length > 0 &&
      unaffected,
  };
}

async function askWhileAway(apiUrl: string, awayMs: number): Promise<{ asked: number; answers: string[] }> {
  const answers: string[] = [];
  let asked = 0;
  for (const startedMs = performance.now(); performance.now() - startedMs < awayMs;) {
    answers.push(...(await notRefused(apiUrl)));
    asked += ADMIN_REQUESTS_COUNT;
    await delay(LOOK_EVERY_MS);
  }
  return { asked, answers };
}

/** How long it takes until an apply works again, in ms. */
async function untilBack(apiUrl: string): Promise<number> {
  const startedMs = performance.now();
  await waitFor('an apply to work again', () => applyPayments(apiUrl), { deadlineMs: 30_000 });
  return performance.now() - startedMs;
}

async function everythingApplied({ workers }: TestApps, accepted: readonly Payment[]): Promise<void> {
  const [worker] = workers;
  await waitFor(
    'every event to be applied',
    async () => worker && (await metric(worker.url, 'millrace_events_applied_total')) >= accepted.length,
    { deadlineMs: 60_000, everyMs: 100 },
  );
}
