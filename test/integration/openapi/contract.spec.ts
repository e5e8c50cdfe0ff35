/**
 * Contract tests made from the OpenAPI documents of the running apps: every operation takes its example and answers as
 * documented, and refuses what its own schemas do not allow with a documented problem. Nothing is written by hand
 * per route but one example of each body (test/kit/api-operations.ts).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  EXAMPLE_BODIES,
  EXAMPLE_DEFINITIONS,
  examplePath,
  operationsOf,
  POISON_EVENT,
  readApiDocument,
  startPostgres,
  startRedis,
  startTestApps,
  waitFor,
  type ApiDocument,
  type ApiOperation,
  type TestApps,
  type TestDatabase,
  type TestRedis,
} from '../../kit/index.js';
import { AnswerChecks, type ReceivedAnswer } from './answer-checks.js';
import { wrongRequests, type ContractRequest } from './wrong-requests.js';

const BODY_BYTES_MAX = 65_536;

/** What DELETE may take away, and in which order; each of its kind is called so. */
const SPARE = { name: 'spare' };
const SPARES = [
  { kind: 'Entity', ...SPARE, joinKeys: [{ name: 'id', type: 'string' }] },
  {
    kind: 'Source',
    ...SPARE,
    type: 'push',
    fields: { id: 'string', at: 'timestamp', n: 'int' },
    timestampField: 'at',
  },
  {
    kind: 'FeatureGroup',
    ...SPARE,
    entity: 'spare',
    source: 'spare',
    features: [{ name: 'n', type: 'int' }],
  },
  {
    kind: 'DerivedFeatureGroup',
    name: 'spare_derived',
    inputs: ['spare'],
    features: [{ name: 'm', type: 'int', expression: 'n + 1' }],
  },
  { kind: 'FeatureService', ...SPARE, features: ['spare_derived'] },
];
const DELETED_IN_ORDER = [
  'feature-services',
  'derived-feature-groups',
  'feature-groups',
  'sources',
  'entities',
];

interface TestedApp {
  readonly name: string;
  readonly url: string;
  readonly document: ApiDocument;
  readonly checks: AnswerChecks;
}

let redis: TestRedis;
let database: TestDatabase;
let apps: TestApps;
let tested: TestedApp[];
/** What only the running system knows. */
let keyId: string;
let letterIds: string[];

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  apps = await startTestApps({
    redisUrl: redis.url,
    databaseUrl: database.url,
    environment: {
      MILLRACE_AUTH: 'off',
      MILLRACE_LOG_LEVEL: 'fatal',
      MILLRACE_BODY_BYTES_MAX: String(BODY_BYTES_MAX),
    },
  });
  tested = await Promise.all(
    Object.entries({ api: apps.api.url, ingest: apps.ingest.url }).map(async ([name, url]) => {
      const document = await readApiDocument(url);
      return { name, url, document, checks: new AnswerChecks(document) };
    }),
  );
  await post(`${apps.api.url}/v1/apply`, { definitions: [...EXAMPLE_DEFINITIONS, ...SPARES] });
  await apps.ready();
  ({ id: keyId } = (await post(`${apps.api.url}/v1/keys`, { name: 'mine', scopes: ['read'] })) as {
    id: string;
  });
  letterIds = await deadLetters();
});

afterAll(async () => {
  await apps.stop();
  await Promise.all([redis.stop(), database.stop()]);
});

it('every operation takes its example, and answers what its document says', async () => {
  const breaches: string[] = [];
  for (const { name, url, document, checks } of tested) {
    for (const operation of operationsOf(document).toSorted((a, b) => placeOf(a) - placeOf(b))) {
      const request = rightRequest(operation);
      const answer = await send(url, request);
      const found = checks.breaches(operation, answer);
      if (answer.status >= 300) found.push(`answers ${answer.status}: ${answer.text.slice(0, 300)}`);
      breaches.push(...found.map((breach) => `${name} ${request.method} ${request.path}: ${breach}`));
    }
  }
  expect(breaches).toEqual([]);
});

it('every operation refuses what its schemas do not allow, with a documented problem', async () => {
  const breaches: string[] = [];
  let requests = 0;
  for (const { name, url, document, checks } of tested) {
    for (const operation of operationsOf(document)) {
      const { path: rightPath } = rightRequest(operation);
      const example = EXAMPLE_BODIES[keyOf(operation)];
      for (const request of wrongRequests(operation, document, {
        rightPath,
        example,
        bodyBytesMax: BODY_BYTES_MAX,
      })) {
        requests++;
        const answer = await send(url, request);
        const found = checks.breaches(operation, answer);
        if (answer.status < 400 || answer.status >= 500)
          found.push(`answers ${answer.status}: ${answer.text.slice(0, 300)}`);
        breaches.push(
          ...found.map((breach) => `${name} ${keyOf(operation)}, where ${request.what}: ${breach}`),
        );
      }
    }
  }
  expect(breaches).toEqual([]);
  expect(requests).toBeGreaterThan(100);
});

const keyOf = ({ method, path }: ApiOperation): string => `${method} ${path}`;

/** Reads and writes first; what is deleted last, what depends on others before them. */
function placeOf({ method, path }: ApiOperation): number {
  return method === 'DELETE' ? 1 + DELETED_IN_ORDER.findIndex((kind) => path.includes(`/${kind}/`)) : -1;
}

function rightRequest(operation: ApiOperation): ContractRequest {
  const { method, path, requestBody } = operation;
  const example = EXAMPLE_BODIES[keyOf(operation)];
  if (requestBody && example === undefined) throw new Error(`no example of a body for ${keyOf(operation)}`);
  const [toKeep = '', toDelete = ''] = letterIds;
  const deletes = method === 'DELETE';
  const name = path.includes('derived') ? 'spare_derived' : 'spare';
  const id = path.startsWith('/v1/keys') ? keyId : deletes ? toDelete : toKeep;
  return {
    method,
    path: examplePath(path, { id, ...(deletes && { name }) }),
    headers: requestBody ? { 'content-type': 'application/json' } : {},
    ...(requestBody && { body: JSON.stringify(example) }),
    what: 'all is right',
  };
}

async function send(url: string, { method, path, headers, body }: ContractRequest): Promise<ReceivedAnswer> {
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function post(url: string, body: unknown): Promise<object> {
  const answer = await send('', {
    method: 'POST',
    path: url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    what: 'set-up',
  });
  if (answer.status >= 300) throw new Error(`${url} answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text) as object;
}

/** Two events that a group cannot apply, by the ids of their dead letters. */
async function deadLetters(): Promise<string[]> {
  await post(`${apps.ingest.url}/v1/events/payments`, [POISON_EVENT, { ...POISON_EVENT, id: 'p00' }]);
  const list = async (): Promise<string[]> => {
    const { text } = await send(apps.api.url, {
      method: 'GET',
      path: '/v1/dead-letters',
      headers: {},
      what: '',
    });
    return (JSON.parse(text) as { deadLetters: { id: string }[] }).deadLetters.map(({ id }) => id);
  };
  await waitFor('two dead letters', async () => (await list()).length === 2, { deadlineMs: 20_000 });
  return list();
}
