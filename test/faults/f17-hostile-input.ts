import { startPostgres, startRedis, startTestApps } from '../kit/index.js';
import type { FaultTest } from './fault-test.js';
import { hostileRequests, type Route } from './hostile-input.js';
import { sendRaw, type RawAnswer } from './raw-http.js';
import { seededRandom } from './seeded-random.js';

const ANSWER_WITHIN_MS = 15_000;

const DEFINITIONS = [
  { kind: 'Entity', name: 'account', joinKeys: [{ name: 'account', type: 'string' }] },
  {
    kind: 'Source',
    name: 'payments',
    type: 'stream',
    fields: {
      id: 'string',
      at: 'timestamp',
      account: 'string',
      amount: 'float',
      cents: 'int',
      tags: 'string_list',
    },
    timestampField: 'at',
    idField: 'id',
  },
  {
    kind: 'FeatureGroup',
    name: 'account_payments',
    entity: 'account',
    source: 'payments',
    where: 'amount > 0.0',
    derive: { large: 'amount > 100.0 ? 1 : 0' },
    aggregations: [{ of: 'amount', functions: ['sum', 'mean'], windows: ['1h', 'lifetime'] }],
    ttl: '7d',
  },
  { kind: 'FeatureService', name: 'risk', features: ['account_payments'] },
];

/** Bodies that the routes take, so that what is broken in them is broken deep inside. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  'POST /v1/events/{source}': [
    { id: 'p1', at: '2001-01-01T00:00:00Z', account: 'ada', amount: 1.5, cents: 150, tags: ['a'] },
  ],
  'POST /v1/features': {
    service: 'risk',
    features: ['account_payments:amount_sum_1h'],
    entities: [{ account: 'ada' }, { account: 'bob' }],
    request: [{ amount: 1.5 }, {}],
    asOf: '2030-01-01T00:00:00Z',
    evidence: true,
    minPosition: 'W10',
    waitMs: 1,
  },
  'POST /v1/apply': { definitions: DEFINITIONS, dryRun: true },
  'PUT /v1/entities/{name}': DEFINITIONS[0],
  'PUT /v1/sources/{name}': DEFINITIONS[1],
  'PUT /v1/feature-groups/{name}': DEFINITIONS[2],
  'PUT /v1/feature-services/{name}': DEFINITIONS[3],
  'PUT /v1/derived-feature-groups/{name}': {
    inputs: ['account_payments'],
    requestFields: { limit: 'float' },
    features: [{ name: 'share', type: 'float', expression: 'amount_sum_1h / limit' }],
  },
  'POST /v1/keys': { name: 'hostile', scopes: ['read'], patterns: ['a*'], expiresAt: '2099-01-01T00:00:00Z' },
  'POST /get-online-features': {
    features: ['account_payments:amount_sum_1h'],
    entities: { account: ['ada', 'bob'] },
    full_feature_names: true,
  },
  'POST /push': {
    push_source_name: 'payments',
    df: { account: ['ada'], event_timestamp: ['2001-01-01T00:00:00Z'] },
    to: 'online',
  },
  'POST /write-to-online-store': { feature_view_name: 'account_payments', df: { account: ['ada'] } },
};

/** F17: every route of api and ingest × every hostile input; nothing may crash, hang or answer 5xx. */
export const hostileInput: FaultTest = {
  name: 'F17',
  about: 'hostile input on every route of api and ingest',
  async run({ rounds = 100, seed, say }) {
    const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    const apps = await startTestApps({
      redisUrl: redis.url,
      databaseUrl: postgres.url,
      environment: { MILLRACE_LOG_LEVEL: 'warn', MILLRACE_AUTH: 'off' },
    });
    const tally = { requests: 0, fiveHundreds: 0, hung: 0, withoutCode: 0, crashes: 0 };
    try {
      const random = seededRandom(seed);
      await apply(apps.api.url);
      for (const [name, url] of Object.entries({ api: apps.api.url, ingest: apps.ingest.url })) {
        for (const route of await routesOf(url)) {
          for (const request of hostileRequests(route, random, rounds)) {
            const fault = await faultOf(() => sendRaw(url, request, ANSWER_WITHIN_MS));
            tally.requests++;
            if (fault === undefined) continue;
            tally[fault.kind]++;
            const body = request.body?.subarray(0, 200).toString('utf8') ?? '';
            say(
              `${fault.kind}: ${name} ${request.method} ${request.path.slice(0, 100)} ${body}: ${fault.shown}`,
            );
          }
        }
        if (
          !(await fetch(`${url}/healthz`).then(
            (answer) => answer.ok,
            () => false,
          ))
        )
          tally.crashes++;
      }
    } finally {
      await apps.stop();
      await Promise.all([redis.stop(), postgres.stop()]);
    }
    const { requests, fiveHundreds, crashes, hung, withoutCode } = tally;
    return {
      figures: `requests ${requests} 5xx ${fiveHundreds} crashes ${crashes} hung ${hung} 4xx-without-code ${withoutCode}`,
      passed: requests > 0 && fiveHundreds + crashes + hung + withoutCode === 0,
    };
  },
};

async function apply(api: string): Promise<void> {
  const answer = await sendRaw(
    api,
    {
      method: 'POST',
      path: '/v1/apply',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ definitions: DEFINITIONS })),
    },
    ANSWER_WITHIN_MS,
  );
  if (answer.status !== 200) throw new Error(`apply answered ${answer.status}: ${answer.body}`);
}

/** The routes that the app's own OpenAPI document names. */
async function routesOf(url: string): Promise<Route[]> {
  const document = (await (await fetch(`${url}/docs-json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((verb) => {
      const method = verb.toUpperCase();
      return { method, path, example: EXAMPLES[`${method} ${path}`] };
    }),
  );
}

type FaultKind = 'fiveHundreds' | 'hung' | 'withoutCode';

async function faultOf(
  send: () => Promise<RawAnswer>,
): Promise<{ readonly kind: FaultKind; readonly shown: string } | undefined> {
  let answer: RawAnswer;
  try {
    answer = await send();
  } catch (error) {
    const message = String(error);
    // The server may close while a body over the limit is still being sent: that is an answer too.
    if (/EPIPE|ECONNRESET/.test(message)) return undefined;
    return { kind: 'hung', shown: message };
  }
  const shown = `${answer.status} ${answer.body.slice(0, 300)}`;
  if (answer.status >= 500) return { kind: 'fiveHundreds', shown };
  if (answer.status >= 400 && !hasCode(answer.body)) return { kind: 'withoutCode', shown };
  return undefined;
}

/** Problem documents carry `code`; Feast's double-encoded errors carry `class`; its validation `detail`. */
function hasCode(body: string): boolean {
  try {
    let parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'string') parsed = JSON.parse(parsed);
    return (
      typeof parsed === 'object' &&
      parsed !== null &&
      ('code' in parsed || 'class' in parsed || 'detail' in parsed)
    );
  } catch {
    return false;
  }
}
