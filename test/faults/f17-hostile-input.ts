import {
  EXAMPLE_BODIES,
  EXAMPLE_DEFINITIONS,
  operationsOf,
  readApiDocument,
  startPostgres,
  startRedis,
  startTestApps,
} from '../kit/index.js';
import type { FaultTest } from './fault-test.js';
import { hostileRequests } from './hostile-input.js';
import { sendRaw, type RawAnswer } from './raw-http.js';
import { seededRandom } from './seeded-random.js';

const ANSWER_WITHIN_MS = 15_000;
/** Requests on their way: the biggest bodies of several must fit into the apps side by side, too. */
const AT_A_TIME = 6;
/** From so many rounds on every hostile request is sent; fewer draw a share of them. */
const ROUNDS_OF_ALL = 10;

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
      const share = Math.min(1, rounds / ROUNDS_OF_ALL);
      await apply(apps.api.url);
      for (const [name, url] of Object.entries({ api: apps.api.url, ingest: apps.ingest.url })) {
        for (const operation of operationsOf(await readApiDocument(url))) {
          const example = EXAMPLE_BODIES[`${operation.method} ${operation.path}`];
          const drawn = [...hostileRequests(operation, example, random, rounds)].filter(
            () => random() < share,
          );
          for (const some of inBatches(drawn, AT_A_TIME)) {
            await Promise.all(
              some.map(async (request) => {
                const fault = await faultOf(() => sendRaw(url, request, ANSWER_WITHIN_MS));
                tally.requests++;
                if (fault === undefined) return;
                tally[fault.kind]++;
                const body = request.body?.subarray(0, 600).toString('utf8') ?? '';
                say(
                  `${fault.kind}: ${name} ${request.method} ${request.path.slice(0, 100)} ${JSON.stringify(request.headers ?? {}).slice(0, 200)} ${body}: ${fault.shown}`,
                );
              }),
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
      body: Buffer.from(JSON.stringify({ definitions: EXAMPLE_DEFINITIONS })),
    },
    ANSWER_WITHIN_MS,
  );
  if (answer.status !== 200) throw new Error(`apply answered ${answer.status}: ${answer.body}`);
}

function* inBatches<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
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
