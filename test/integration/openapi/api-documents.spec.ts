/**
 * The OpenAPI documents are complete enough to generate a client from: types are generated from the documents of the
 * running apps, a program that uses them is compiled against them, and calls the apps.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { HttpApp } from '@millrace/http';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig as readApiConfig } from '../../../apps/api/src/config.js';
import { startApi } from '../../../apps/api/src/start.js';
import { readConfig as readIngestConfig } from '../../../apps/ingest/src/config.js';
import { startIngest } from '../../../apps/ingest/src/start.js';
import flights from '../../../examples/flights/flights.js';
import { startPostgres, startRedis, waitFor, type TestDatabase, type TestRedis } from '../../kit/index.js';

const root = path.resolve(import.meta.dirname, '../../..');
/** Pages, the documents themselves and BullMQ's board: for browsers, not for clients. */
const NOT_FOR_CLIENTS = /^\/($|docs|admin\/|assets|\*|page)/;

let redis: TestRedis;
let database: TestDatabase;
let api: HttpApp;
let ingest: HttpApp;
let folder: string;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startPostgres()]);
  const environment = {
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    MILLRACE_API_PORT: '0',
    MILLRACE_INGEST_PORT: '0',
    MILLRACE_LOG_LEVEL: 'fatal',
    MILLRACE_AUTH: 'off',
  };
  api = await startApi(readApiConfig(environment));
  ingest = await startIngest(readIngestConfig(environment));
  // Inside the repository, so that the program finds node_modules.
  await mkdir(path.join(root, '.millrace'), { recursive: true });
  folder = await mkdtemp(path.join(root, '.millrace', 'generated-client-'));
});

afterAll(async () => {
  await Promise.all([api.app.close(), ingest.app.close()]);
  await Promise.all([redis.stop(), database.stop()]);
  await rm(folder, { recursive: true });
});

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly security?: readonly object[];
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly security?: readonly object[];
  readonly components: { readonly securitySchemes: object };
}

async function documentOf({ app }: HttpApp): Promise<ApiDocument> {
  const response = await fetch(`${await app.getUrl()}/docs-json`);
  return (await response.json()) as ApiDocument;
}

function operationsOf(document: ApiDocument): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([route, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${route}`,
      operation,
    ]),
  );
}

/** The routes that the server has, from Fastify's own tree of them. */
function routesOf({ app }: HttpApp): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const match = /^([│ ]*)[├└]── (.*) \(([A-Z, ]+)\)$/.exec(line);
    if (!match) return [];
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    above[depth] = part;
    const route = above
      .slice(0, depth + 1)
      .join('')
      .replace(/:(\w+)/g, '{$1}');
    if (NOT_FOR_CLIENTS.test(route)) return [];
    return methods
      .split(', ')
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method} ${route}`);
  });
}

describe.each([
  ['api', () => api],
  ['ingest', () => ingest],
] as const)('the OpenAPI document of apps/%s', (app, running) => {
  it('lists every route', async () => {
    const operations = operationsOf(await documentOf(running()));
    const listed = operations.map(([route]) => route);
    expect(routesOf(running()).filter((route) => !listed.includes(route))).toEqual([]);
  });

  it('gives every operation a name of its own', async () => {
    const ids = operationsOf(await documentOf(running())).map(([, { operationId }]) => operationId);
    expect(ids.filter((id, i) => id === undefined || ids.indexOf(id) !== i)).toEqual([]);
  });

  it('gives every answer with a body a schema, and every refusal the problem document', async () => {
    const operations = operationsOf(await documentOf(running()));
    const isBodyless = (status: string): boolean => status === '204';
    const bare = operations.flatMap(([route, { responses }]) =>
      Object.entries(responses)
        .filter(([status, { content }]) => content === undefined && !isBodyless(status))
        .map(([status]) => `${route} ${status}`),
    );
    // Feast's routes answer pushes and health with empty bodies.
    expect(bare.filter((answer) => !/ \/(push|write-to-online-store|health) /.test(answer))).toEqual([]);
    const succeeding = operations.filter(([, { responses }]) =>
      Object.keys(responses).some((status) => status.startsWith('2')),
    );
    expect(succeeding).toHaveLength(operations.length);
  });

  it('gives every POST and PUT that has a body its schema, and every place in a path its parameter', async () => {
    const faults = operationsOf(await documentOf(running())).flatMap(([route, operation]) => {
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters?.filter(({ in: place }) => place === 'path') ?? [];
      const missing = inPath.filter((name) => !parameters.some((parameter) => parameter.name === name));
      const needsBody = /^(POST|PUT)/.test(route) && !route.endsWith('/replay');
      const bodyless = needsBody && operation.requestBody === undefined ? [`${route}: no body`] : [];
      return [...missing.map((name) => `${route}: no parameter ${name}`), ...bodyless];
    });
    expect(faults).toEqual([]);
  });

  it('asks for a key everywhere but where the process tells how it is', async () => {
    const document = await documentOf(running());
    expect(document.security).toEqual([{ key: [] }]);
    expect(document.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
    const open = operationsOf(document).filter(([, { security }]) => security?.length === 0);
    const feast = app === 'api' ? ['GET /health'] : [];
    expect(open.map(([route]) => route)).toEqual([...feast, 'GET /healthz', 'GET /readyz', 'GET /metrics']);
  });
});

describe('a client generated from the documents', () => {
  it('compiles, and gets from the running apps what its types say', async () => {
    await applyEverywhere();
    await generate('api', api);
    await generate('ingest', ingest);
    const program = path.join(folder, 'program.ts');
    await writeFile(program, await readFile(path.join(import.meta.dirname, 'program.ts.txt'), 'utf8'));
    const compiler = path.join(root, 'node_modules/typescript7/bin/tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--ignoreConfig',
    ];
    const run = promisify(execFile);
    const compiled = await run(process.execPath, [compiler, ...flags, program], { cwd: root }).catch(
      (error: { stdout: string }) => ({ stdout: error.stdout }),
    );
    expect(compiled.stdout).toBe('');
    const calling = (await import(program)) as {
      call(apiUrl: string, ingestUrl: string, definitions: readonly object[]): Promise<unknown>;
    };
    const answers = await calling.call(
      await api.app.getUrl(),
      await ingest.app.getUrl(),
      flights.definitions,
    );
    expect(answers).toEqual({
      unchanged: flights.definitions.length,
      groups: ['airport_departures', 'airport_inbound', 'airport_week', 'route_delays'],
      owned: ['route_delays'],
      etag: '"1.1"',
      joinKey: 'airport',
      statuses: ['NOT_FOUND'],
      count: 0,
      refusal: { status: 404, code: 'UNKNOWN_SERVICE' },
      faults: ['Entity/broken.joinKeys'],
      accepted: 1,
      rejected: ['FIELD_TYPE'],
      partitions: 32,
      feeds: 'feature-service/departure_board',
    });
  });

  it('says who it is with the scheme that the document names', async () => {
    const { paths } = await documentOf(api);
    const refusals = Object.keys(paths['/v1/apply']?.['post']?.responses ?? {});
    expect(refusals).toEqual(expect.arrayContaining(['401', '403', 'default']));
  });
});

/** Both apps run the definitions when it returns. */
async function applyEverywhere(): Promise<void> {
  const [apiUrl, ingestUrl] = await Promise.all([api.app.getUrl(), ingest.app.getUrl()]);
  const post = (url: string, body: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const applied = await post(`${apiUrl}/v1/apply`, { definitions: flights.definitions });
  expect(applied.status).toBe(200);
  const read = { service: 'departure_board', entities: [{ airport: 'ATL' }] };
  const look = async (): Promise<boolean> => {
    const answers = [
      await post(`${apiUrl}/v1/features`, read),
      await post(`${ingestUrl}/v1/events/departures`, []),
    ];
    return answers.every(({ ok }) => ok);
  };
  await waitFor('both apps to run the definitions', look, { deadlineMs: 10_000 });
}

async function generate(name: string, running: HttpApp): Promise<void> {
  const tree = await openapiTS((await documentOf(running)) as unknown as OpenAPI3);
  await writeFile(path.join(folder, `${name}.ts`), astToString(tree));
}
