import { parseAccessKey } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_RULES } from '../../../apps/api/src/access-rules.js';
import { accessMatrix, keysOfEveryState, TokenIssuer, tokensOfEveryState, waitFor } from '../../kit/index.js';
import { runRegistry, type Answer, type RunningRegistry } from './running-registry.js';

const ADMIN_KEY = 'the-admin-key-of-this-test';
const ENTITY = { kind: 'Entity', name: 'fraud_customer', joinKeys: [{ name: 'id', type: 'int' }] };

let issuer: TokenIssuer;
let api: RunningRegistry;

beforeAll(async () => {
  issuer = await TokenIssuer.start();
  api = await runRegistry({
    MILLRACE_AUTH: 'required',
    MILLRACE_ADMIN_KEY: ADMIN_KEY,
    ...issuer.environment,
    MILLRACE_OIDC_PATTERNS_CLAIM: 'names',
  });
});

afterAll(async () => {
  await api.stop();
  await issuer.stop();
});

const as = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  api.request(method, path, body, { authorization: `Bearer ${key}` });

async function createKey(name: string, more: object): Promise<{ id: string; key: string }> {
  const { status, body } = await as(ADMIN_KEY, 'POST', '/v1/keys', { name, ...more });
  expect(status).toBe(201);
  return { id: String(body['id']), key: String(body['key']) };
}

describe('access to the api app', () => {
  it('is denied without a key, with a challenge, also where there is no such route', async () => {
    const { status, headers, body } = await api.request('GET', '/v1/entities');
    expect([status, headers.get('www-authenticate'), body['code']]).toEqual([
      401,
      'Bearer',
      'UNAUTHENTICATED',
    ]);
    expect((await api.request('GET', '/v1/nothing')).status).toBe(401);
  });

  it('is open for probes, metrics and the documentation', async () => {
    for (const path of ['/healthz', '/docs-json']) expect((await api.request('GET', path)).status).toBe(200);
    expect([200, 503]).toContain((await api.request('GET', '/readyz')).status);
  });

  it('leaks nothing and refuses nothing wrongly, route by route, key by key and token by token', async () => {
    const keys = [
      ...(await keysOfEveryState(api.url, ADMIN_KEY)),
      ...(await tokensOfEveryState(issuer, { names: '*' })),
    ];
    const { cells, leaked, refused } = await accessMatrix(
      [{ name: 'api', url: api.url, rules: ACCESS_RULES }],
      keys,
    );
    expect({ leaked, refused }).toEqual({ leaked: [], refused: [] });
    expect(cells).toBeGreaterThan(900);
  });

  it('lets nobody change anything with a key that may only read', () => {
    // These ask by POST because their question is too long for an address.
    const questions = ['POST /v1/features', 'POST /get-online-features'];
    const changing = Object.entries(ACCESS_RULES).filter(
      ([route]) => !route.startsWith('GET ') && !questions.includes(route),
    );
    expect(changing.length).toBeGreaterThan(10);
    expect(changing.filter(([, rule]) => rule === 'open' || rule.scope === 'read')).toEqual([]);
  });

  it('follows the patterns of a key, in paths and in bodies', async () => {
    const { key } = await createKey('fraud team', { scopes: ['admin'], patterns: ['fraud_*'] });
    expect((await as(key, 'POST', '/v1/apply', { definitions: [ENTITY] })).status).toBe(200);
    const other = { ...ENTITY, name: 'customer' };
    expect((await as(key, 'POST', '/v1/apply', { definitions: [ENTITY, other] })).status).toBe(403);
    expect((await as(key, 'POST', '/v1/apply', { definitions: [], prune: true })).status).toBe(403);
    expect((await as(key, 'GET', '/v1/entities/fraud_customer')).status).toBe(200);
    expect((await as(key, 'GET', '/v1/entities/customer')).status).toBe(403);
    expect((await as(key, 'GET', '/v1/entities')).status).toBe(403);
  });

  it('ends within a second of the revocation', async () => {
    const { id, key } = await createKey('short', { scopes: ['read'] });
    expect((await as(key, 'GET', '/v1/entities')).status).toBe(200);
    expect((await as(ADMIN_KEY, 'DELETE', `/v1/keys/${id}`)).status).toBe(200);
    await waitFor('the revocation', async () => (await as(key, 'GET', '/v1/entities')).status === 401, {
      deadlineMs: 2_000,
    });
  });
});

describe('a token of the issuer', () => {
  it('stands in the audit log by its subject', async () => {
    const token = await issuer.token({ sub: 'ada@example.com', scope: 'millrace:admin', names: ['*'] });
    await as(token, 'PUT', '/v1/entities/audited_token', { joinKeys: [{ name: 'id', type: 'int' }] });
    const { body } = await as(ADMIN_KEY, 'GET', '/v1/changes?name=audited_token');
    expect(body['items']).toMatchObject([{ action: 'created', by: 'oidc:ada@example.com' }]);
  });

  it('is limited to the names that its claim has, and to none where the claim is missing', async () => {
    const token = await issuer.token({ scope: 'millrace:admin', names: ['fraud_*'] });
    expect((await as(token, 'GET', '/v1/entities/fraud_none')).status).toBe(404);
    const refused = await as(token, 'GET', '/v1/entities/customer');
    expect([refused.status, refused.body['detail']]).toEqual([403, '"oidc:alice" may use not "customer"']);
    const missing = await as(
      await issuer.token({ scope: 'millrace:admin' }),
      'GET',
      '/v1/entities/fraud_none',
    );
    expect([missing.status, missing.body['detail']]).toEqual([
      403,
      'the token of "oidc:alice" has no claim "names" with patterns of names',
    ]);
  });

  it('that is wrong is told what is wrong, with a challenge', async () => {
    const { status, headers, body } = await as(await issuer.token({ aud: 'shop' }), 'GET', '/v1/entities');
    expect([status, headers.get('www-authenticate'), body['code'], body['detail']]).toEqual([
      401,
      'Bearer error="invalid_token"',
      'UNAUTHENTICATED',
      'the token is not valid: it is not made for the audience millrace-test',
    ]);
  });
});

describe('while the issuer is away', () => {
  let other: RunningRegistry;

  beforeAll(async () => {
    const away = await TokenIssuer.start();
    await away.stop();
    other = await runRegistry({
      MILLRACE_AUTH: 'required',
      MILLRACE_ADMIN_KEY: ADMIN_KEY,
      MILLRACE_OIDC_ISSUER: issuer.url,
      MILLRACE_OIDC_AUDIENCE: issuer.audience,
      MILLRACE_OIDC_JWKS_URL: away.jwksUrl,
    });
  });

  afterAll(() => other.stop());

  it('tokens get 503 with the time to come back, and API keys go on working', async () => {
    const bearing = (token: string): Promise<Answer> =>
      other.request('GET', '/v1/entities', undefined, { authorization: `Bearer ${token}` });
    const { status, headers, body } = await bearing(await issuer.token({ scope: 'millrace:admin' }));
    expect([status, body['code']]).toEqual([503, 'ISSUER_UNAVAILABLE']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await bearing(ADMIN_KEY)).status).toBe(200);
  });
});

describe('API keys', () => {
  it('are listed without anything that proves them', async () => {
    const { key } = await createKey('listed', {
      scopes: ['read', 'write'],
      expiresAt: '2099-01-01T00:00:00Z',
    });
    const { body } = await as(ADMIN_KEY, 'GET', '/v1/keys');
    const text = JSON.stringify(body);
    expect(text).toContain('"listed"');
    // Ids and secrets may hold underscores themselves.
    expect(text).not.toContain(parseAccessKey(key)?.secret ?? '');
    expect(text).not.toContain('digest');
  });

  it('have one name each, as long as they are valid', async () => {
    const { id } = await createKey('twice', { scopes: ['read'] });
    const again = () => as(ADMIN_KEY, 'POST', '/v1/keys', { name: 'twice', scopes: ['read'] });
    expect((await again()).status).toBe(409);
    await as(ADMIN_KEY, 'DELETE', `/v1/keys/${id}`);
    expect((await again()).status).toBe(201);
    expect((await as(ADMIN_KEY, 'DELETE', '/v1/keys/none')).status).toBe(404);
  });

  it.each([
    [{ name: 'x', scopes: ['root'] }],
    [{ name: 'x', scopes: [] }],
    [{ name: '', scopes: ['read'] }],
    [{ name: 'oidc:alice', scopes: ['read'] }],
    [{ name: 'x', scopes: ['read'], patterns: ['a b'] }],
    [{ name: 'x', scopes: ['read'], patterns: null }],
    [{ name: 'x', scopes: ['read'], expiresAt: 'soon' }],
    [{ name: 'x', scopes: ['read'], expiresAt: null }],
  ])('are not made from %j', async (body) => {
    expect((await as(ADMIN_KEY, 'POST', '/v1/keys', body)).status).toBe(400);
  });

  it('stand in the audit log by their name', async () => {
    const { key } = await createKey('auditor', { scopes: ['admin'] });
    await as(key, 'PUT', '/v1/entities/audited', { joinKeys: [{ name: 'id', type: 'int' }] });
    const { body } = await as(ADMIN_KEY, 'GET', '/v1/changes?name=audited');
    expect(body['items']).toMatchObject([{ action: 'created', by: 'auditor' }]);
  });
});
