import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRegistry, type RunningRegistry } from './running-registry.js';

const AIRPORT = { kind: 'Entity', name: 'airport', joinKeys: [{ name: 'airport', type: 'string' }] };
const DEPARTURES = {
  kind: 'Source',
  name: 'departures',
  type: 'stream',
  fields: { departed_at: 'timestamp', airport: 'string', delay: 'int' },
  timestampField: 'departed_at',
};
const DELAYS = {
  kind: 'FeatureGroup',
  name: 'delays',
  entity: 'airport',
  source: 'departures',
  owner: 'ops@example.com',
  tags: { team: 'operations' },
  description: 'How late flights leave',
  aggregations: [{ of: 'delay', functions: ['mean'], windows: ['1h'] }],
};

let api: RunningRegistry;

beforeAll(async () => {
  api = await runRegistry();
});

afterAll(() => api.stop());

describe('POST /v1/apply', () => {
  it('tells with dryRun what would change, and changes nothing', async () => {
    const { status, body } = await api.request('POST', '/v1/apply', {
      definitions: [AIRPORT, DEPARTURES, DELAYS],
      dryRun: true,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ dryRun: true, revision: 0 });
    expect(body['created']).toHaveLength(3);
    expect((await api.request('GET', '/v1/entities')).body).toEqual({ items: [] });
  });

  it('registers definitions and publishes the plan', async () => {
    const { body } = await api.request('POST', '/v1/apply', { definitions: [AIRPORT, DEPARTURES, DELAYS] });
    expect(body).toMatchObject({ dryRun: false, revision: 1, published: true });
  });

  it('answers 422 with every fault of invalid definitions', async () => {
    const { status, headers, body } = await api.request('POST', '/v1/apply', {
      definitions: [{ ...DELAYS, where: 'dely > 1', ttl: 'long' }],
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body['code']).toBe('INVALID_DEFINITION');
    expect(body['faults']).toMatchObject([
      { index: 0, path: 'FeatureGroup/delays.ttl', code: 'DURATION', found: 'long' },
      {
        index: 0,
        path: 'FeatureGroup/delays.where',
        code: 'EXPRESSION',
        message: 'there is no field or column "dely"; did you mean "delay"?',
        didYouMean: 'delay',
      },
    ]);
  });

  it.each([
    ['[]', 400, 'BAD_REQUEST'],
    ['{', 400, 'BODY_NOT_JSON'],
    ['{"definitions": {}}', 400, 'BAD_REQUEST'],
    ['{"definitions": [], "dryrun": true}', 400, 'BAD_REQUEST'],
    // Whether null means yes or no, at once or never, is not ours to guess.
    ['{"definitions": [], "dryRun": null}', 400, 'BAD_REQUEST'],
    ['{"definitions": [], "prune": null}', 400, 'BAD_REQUEST'],
    ['{"definitions": [], "expectedRevision": null}', 400, 'BAD_REQUEST'],
    ['{"definitions": [], "wait": null}', 400, 'BAD_REQUEST'],
    ['{"definitions": [], "timeoutMs": null}', 400, 'BAD_REQUEST'],
    ['{"definitions": [null]}', 422, 'INVALID_DEFINITION'],
    ['{"definitions": [9007199254740993]}', 422, 'INVALID_DEFINITION'],
    ['{"definitions": [{"kind": "__proto__", "name": "constructor"}]}', 422, 'INVALID_DEFINITION'],
    ['{"definitions": [{"kind": "FeatureGroup", "name": {}, "aggregations": 7}]}', 422, 'INVALID_DEFINITION'],
    ['{"definitions": [{"kind": "Entity", "toString": "e"}]}', 400, 'BAD_REQUEST'],
    [
      '{"definitions": [{"kind": "FeatureService", "name": "s", "features": ["g"], "by": "e", "variants": null}]}',
      422,
      'INVALID_DEFINITION',
    ],
    [
      '{"definitions": [{"kind": "Entity", "name": "e", "joinKeys": [{"name": "a", "type": "int"}], "partitions": 9007199254740993}]}',
      422,
      'INVALID_DEFINITION',
    ],
  ])('refuses %s with %i %s', async (body, status, code) => {
    const answer = await api.request('POST', '/v1/apply', body);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});

describe('the admin API', () => {
  it('reads a definition with its ETag', async () => {
    const { status, headers, body } = await api.request('GET', '/v1/feature-groups/delays');
    expect([status, headers.get('etag')]).toEqual([200, '"1.1"']);
    expect(body).toMatchObject({ definition: DELAYS, version: 1, revision: 1 });
  });

  it('changes nothing when the same content is put', async () => {
    const { status, headers } = await api.request('PUT', '/v1/feature-groups/delays', DELAYS);
    expect([status, headers.get('etag')]).toEqual([200, '"1.1"']);
  });

  it('takes kind and name from the path, and refuses a body that contradicts it', async () => {
    const { kind: _kind, name: _name, ...rest } = DELAYS;
    expect((await api.request('PUT', '/v1/feature-groups/delays', rest)).status).toBe(200);
    const { status, body } = await api.request('PUT', '/v1/feature-groups/delay', DELAYS);
    expect([status, body['detail']]).toEqual([400, 'the body says name "delays", the path delay']);
  });

  it('refuses a change of a definition that moved, with 412', async () => {
    const changed = { ...DELAYS, description: 'Lateness' };
    const first = await api.request('PUT', '/v1/feature-groups/delays', changed, { 'if-match': '"1.1"' });
    expect([first.status, first.headers.get('etag')]).toEqual([200, '"1.2"']);
    const second = await api.request('PUT', '/v1/feature-groups/delays', DELAYS, { 'if-match': '"1.1"' });
    expect([second.status, second.body['code']]).toEqual([412, 'PRECONDITION_FAILED']);
  });

  it('creates only, when asked with If-None-Match', async () => {
    const board = { features: ['delays'] };
    const create = () => api.request('PUT', '/v1/feature-services/board', board, { 'if-none-match': '*' });
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(412);
  });

  it('keeps every version as it was registered', async () => {
    await api.request('PUT', '/v1/feature-groups/delays', { ...DELAYS, where: 'delay > 15' });
    const { body } = await api.request('GET', '/v1/feature-groups/delays/versions');
    expect(body).toMatchObject([{ version: 1 }, { version: 2, definition: { where: 'delay > 15' } }]);
    const first = await api.request('GET', '/v1/feature-groups/delays/versions/1');
    expect(first.body['definition']).toEqual(DELAYS);
    expect((await api.request('GET', '/v1/feature-groups/delays/versions/9')).status).toBe(404);
    expect((await api.request('GET', '/v1/feature-groups/delays/versions/x')).status).toBe(400);
  });

  it('lists by owner, tag and text, in pages', async () => {
    for (const name of ['b', 'c', 'd'])
      await api.request('PUT', `/v1/entities/${name}`, {
        joinKeys: [{ name: 'id', type: 'int' }],
        owner: 'x',
      });
    const names = async (query: string): Promise<string[]> => {
      const { body } = await api.request('GET', `/v1/${query}`);
      return (body['items'] as { definition: { name: string } }[]).map(({ definition }) => definition.name);
    };
    expect(await names('feature-groups?tag=team:operations')).toEqual(['delays']);
    expect(await names('feature-groups?tag=team:risk')).toEqual([]);
    expect(await names('feature-groups?text=LATE')).toEqual(['delays']);
    expect(await names('entities?owner=x')).toEqual(['b', 'c', 'd']);
    const page = await api.request('GET', '/v1/entities?limit=2');
    expect(await names('entities?limit=2')).toEqual(['airport', 'b']);
    expect(await names(`entities?limit=2&after=${String(page.body['next'])}`)).toEqual(['c', 'd']);
    expect((await api.request('GET', '/v1/entities?limit=0')).status).toBe(400);
  });

  it('refuses with 409 to delete what something depends on', async () => {
    const { status, body } = await api.request('DELETE', '/v1/sources/departures');
    expect([status, body['code']]).toEqual([409, 'CONFLICT']);
    expect(body['faults']).toMatchObject([
      { message: 'Source/departures cannot be removed: FeatureGroup/delays depends on it' },
    ]);
    expect((await api.request('DELETE', '/v1/feature-services/board')).status).toBe(204);
    expect((await api.request('DELETE', '/v1/feature-services/board')).status).toBe(404);
  });

  it('finds nothing under a name that nothing can have, and takes no text that cannot be kept', async () => {
    expect((await api.request('GET', '/v1/entities/%00')).status).toBe(404);
    expect((await api.request('DELETE', '/v1/entities/a%00b')).status).toBe(404);
    expect((await api.request('GET', '/v1/entities?owner=%00')).status).toBe(400);
    const { status, body } = await api.request('PUT', '/v1/entities/nul', {
      ...AIRPORT,
      name: 'nul',
      owner: 'a\0',
    });
    expect([status, body['detail']]).toEqual([
      422,
      'Entity/nul.owner: text must not hold NUL or half a character',
    ]);
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect((await api.request('PUT', '/v1/entities/deep', `{"joinKeys": ${deep}}`)).status).toBe(400);
  });

  it('writes an audit log of every change', async () => {
    const { body } = await api.request('GET', '/v1/changes?kind=FeatureGroup&name=delays');
    expect(body['items']).toMatchObject([
      { action: 'changed', from: 1, to: 2, reasons: expect.arrayContaining(['where: "delay > 15" added']) },
      { action: 'changed', from: 1, to: 1 },
      { action: 'created', from: null, to: 1 },
    ]);
  });

  it('describes itself in OpenAPI, with one schema per kind', async () => {
    const { body } = await api.request('GET', '/docs-json');
    const { paths, components } = body as {
      paths: Record<string, Record<string, { operationId: string }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(paths['/v1/feature-groups/{name}']?.['put']?.operationId).toBe('putFeatureGroup');
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['FeatureGroupForm', 'StoredFeatureGroup', 'FeatureGroupPage', 'ApplyBody']),
    );
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((method) => method.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
