/**
 * Every route of an app's own OpenAPI document × every state of a key: what must be refused, and what was let
 * through all the same.
 */
import { hasScope, SCOPES, type Scope } from '@millrace/core';
import { OPEN_RULES, type AccessRules } from '@millrace/http';

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
  const leaked: string[] = [];
  const refused: string[] = [];
  let cells = 0;
  for (const { name, url, rules } of apps) {
    for (const route of await routesOf(url)) {
      const address = `${route.method} ${route.path}`;
      const rule = rules[address] ?? OPEN_RULES[address] ?? { scope: 'admin' };
      if (rule === 'open') continue;
      for (const key of keys) {
        cells++;
        const status = await statusOf(url, route, key);
        const cell = `${name} ${route.method} ${route.path} with ${key.state}: ${status}`;
        const isRefused = status === 401 || status === 403;
        const may = hasScope({ name: '', scopes: key.scopes, patterns: [] }, rule.scope);
        if (!may && !isRefused) leaked.push(cell);
        if (may && isRefused) refused.push(cell);
      }
    }
  }
  return { cells, leaked, refused };
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

/** Keys of every state, made through the api with an admin key. */
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
