/**
 * Every route of an app's own OpenAPI document × every state of a key: what must be refused, and what was let
 * through all the same.
 */
import { hasScope, SCOPES, type Scope } from '@millrace/core';
import { OPEN_RULES, type AccessRules } from '@millrace/http';
import { TokenIssuer } from './token-issuer.js';

export interface MatrixApp {
  readonly name: string;
  readonly url: string;
  readonly rules: AccessRules;
}

export interface MatrixKey {
  /** `read`, `no key`, `revoked`: for messages. */
  readonly state: string;
  readonly token: string | undefined;
  /** What it may do; empty for keys that are not valid. */
  readonly scopes: readonly Scope[];
}

export interface MatrixOutcome {
  readonly cells: number;
  /** Requests that were answered otherwise than by refusal, although the key lacks the scope. */
  readonly leaked: readonly string[];
  /** Requests that were refused although the key has the scope. */
  readonly refused: readonly string[];
}

interface Route {
  readonly method: string;
  /** As Fastify writes it: `/v1/sources/:name`. */
  readonly path: string;
}

export async function accessMatrix(
  apps: readonly MatrixApp[],
  keys: readonly MatrixKey[],
): Promise<MatrixOutcome> {
  const outcome = { cells: 0, leaked: [] as string[], refused: [] as string[] };
  for (const app of apps) {
    const routes = await routesOf(app.url);
    for (const key of keys) {
      // A key at a time: a wrong one may cost a look into Redis, which requests that wait together share.
      await Promise.all(routes.map((route) => tryRoute(app, route, key, outcome)));
    }
  }
  return outcome;
}

async function tryRoute(
  { name, url, rules }: MatrixApp,
  route: Route,
  key: MatrixKey,
  outcome: { cells: number; readonly leaked: string[]; readonly refused: string[] },
): Promise<void> {
  const address = `${route.method} ${route.path}`;
  const rule = rules[address] ?? OPEN_RULES[address] ?? { scope: 'admin' };
  if (rule === 'open') return;
  outcome.cells++;
  const status = await statusOf(url, route, key);
  const cell = `${name} ${address} with ${key.state}: ${status}`;
  const isRefused = status === 401 || status === 403;
  const may = hasScope({ name: '', scopes: key.scopes, patterns: [] }, rule.scope);
  if (!may && !isRefused) outcome.leaked.push(cell);
  if (may && isRefused) outcome.refused.push(cell);
}

async function routesOf(url: string): Promise<Route[]> {
  const document = (await (await fetch(`${url}/docs-json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    })),
  );
}

/** The body is empty: a request that is let in may well be refused for it, but not with 401 or 403. */
async function statusOf(url: string, { method, path }: Route, { token }: MatrixKey): Promise<number> {
  const answer = await fetch(`${url}${path.replaceAll(/:\w+/g, '1')}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(method !== 'GET' && { body: '{}' }),
  });
  await answer.body?.cancel();
  return answer.status;
}

/** API keys of every state, made through the api with an admin key. */
export async function keysOfEveryState(apiUrl: string, adminKey: string): Promise<MatrixKey[]> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` };
  const create = async (name: string, more: object): Promise<{ id: string; key: string }> => {
    const body = JSON.stringify({ name, ...more });
    const answer = await fetch(`${apiUrl}/v1/keys`, { method: 'POST', headers, body });
    if (answer.status !== 201)
      throw new Error(`creating a key answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { id: string; key: string };
  };
  const valid = await Promise.all(
    SCOPES.map(async (scope) => ({
      state: scope,
      token: (await create(`matrix ${scope}`, { scopes: [scope] })).key,
      scopes: [scope],
    })),
  );
  const revoked = await create('matrix revoked', { scopes: SCOPES });
  await fetch(`${apiUrl}/v1/keys/${revoked.id}`, {
    method: 'DELETE',
    headers: { authorization: headers.authorization },
  });
  const expired = await create('matrix expired', { scopes: SCOPES, expiresAt: '2001-01-01T00:00:00Z' });
  const [first] = valid;
  return [
    ...valid,
    { state: 'admin key', token: adminKey, scopes: ['admin'] },
    { state: 'no key', token: undefined, scopes: [] },
    { state: 'a wrong key', token: 'nonsense', scopes: [] },
    { state: 'a wrong secret', token: `${first?.token.slice(0, -2)}zz`, scopes: [] },
    { state: 'revoked', token: revoked.key, scopes: [] },
    { state: 'expired', token: expired.key, scopes: [] },
  ];
}

const MINUTE_S = 60;

/** OIDC tokens of every state; the apps trust the issuer. @param claims what every token carries besides. */
export async function tokensOfEveryState(
  issuer: TokenIssuer,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<MatrixKey[]> {
  const nowS = Math.floor(Date.now() / 1_000);
  const all = { ...claims, scope: SCOPES.map((scope) => `millrace:${scope}`).join(' ') };
  const valid = SCOPES.map(async (scope) => ({
    state: `a token for ${scope}`,
    token: await issuer.token({ ...claims, scope: `millrace:${scope}` }),
    scopes: [scope],
  }));
  const stranger = await TokenIssuer.start();
  const refused: Readonly<Record<string, string>> = {
    'a token without scopes': await issuer.token(claims),
    'a token with scopes of others': await issuer.token({ ...claims, scope: SCOPES.join(' ') }),
    'a token of another issuer': await stranger.token(all),
    'a token of another issuer under our name': await stranger.token({ ...all, iss: issuer.url }),
    'a token for another audience': await issuer.token({ ...all, aud: 'shop' }),
    'an expired token': await issuer.token({ ...all, exp: nowS - MINUTE_S }),
    'a token that is not valid yet': await issuer.token({ ...all, nbf: nowS + MINUTE_S }),
    'a token without an end': await issuer.token({ ...all, exp: undefined }),
    'a token without a subject': await issuer.token({ ...all, sub: undefined }),
    'a token of an unknown key': await issuer.token(all, { kid: 'unknown' }),
    'an unsigned token': issuer.unsigned(all),
    'a token signed with the public key': await issuer.signedWithPublicKey(all),
  };
  await stranger.stop();
  return [
    ...(await Promise.all(valid)),
    ...Object.entries(refused).map(([state, token]) => ({ state, token, scopes: [] })),
  ];
}
