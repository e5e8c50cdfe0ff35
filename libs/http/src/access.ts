/**
 * Who may call what. Deny by default: a route that no rule names is for `admin` alone, and an address that is
 * no route needs a valid key too, so that strangers learn nothing.
 */
import {
  hasScope,
  isSecretOf,
  digestOf,
  isValidKey,
  MillraceError,
  nameNotAllowed,
  parseAccessKey,
  SCOPES,
  type AccessKey,
  type Caller,
  type Scope,
} from '@millrace/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
}

/** `open` to everybody, or for a scope; `names` are what patterns of a key must cover. */
export type AccessRule =
  'open' | { readonly scope: Scope; readonly names?: (request: FastifyRequest) => readonly string[] };

/** By method and route: `GET /v1/sources/:name`. */
export type AccessRules = Readonly<Record<string, AccessRule>>;

/** Where keys are looked up by their id. */
export interface AccessKeys {
  find(id: string): Promise<AccessKey | undefined>;
}

export interface AccessSettings {
  /** Off: everybody may do everything. */
  readonly required: boolean;
  /** A key with all scopes that no store knows, for the first steps and for local runs; empty: none. */
  readonly adminKey: string;
  readonly keys: AccessKeys;
  readonly rules: AccessRules;
}

const EVERYBODY: Caller = { name: 'anonymous', scopes: SCOPES, patterns: [] };
const ADMIN: Caller = { name: 'admin key', scopes: ['admin'], patterns: [] };
const DEFAULT_RULE: AccessRule = { scope: 'admin' };

/** Checks every request of a server; must be mounted before its routes. */
export function mountAccess(server: FastifyInstance, settings: AccessSettings): void {
  const adminDigest = settings.adminKey === '' ? undefined : digestOf(settings.adminKey);
  const ruleOf = (request: FastifyRequest): AccessRule =>
    settings.rules[`${methodOf(request)} ${request.routeOptions.url ?? ''}`] ?? DEFAULT_RULE;

  server.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const rule = ruleOf(request);
    if (!settings.required || rule === 'open') {
      request.caller = EVERYBODY;
      return;
    }
    request.caller = await authenticate(request, reply, settings.keys, adminDigest);
    if (request.routeOptions.url !== undefined && !hasScope(request.caller, rule.scope))
      throw new MillraceError('FORBIDDEN', `the key "${request.caller.name}" lacks the scope ${rule.scope}`, {
        scope: rule.scope,
        scopes: request.caller.scopes,
      });
  });

  // Names may stand in the body, which is read by now.
  server.addHook('preHandler', async (request: FastifyRequest) => {
    const rule = ruleOf(request);
    if (!settings.required || rule === 'open' || !request.caller) return;
    const refused = nameNotAllowed(request.caller, rule.names?.(request) ?? []);
    if (refused === undefined) return;
    const { name, patterns } = request.caller;
    const what = refused === '' ? 'only what its patterns cover' : `not "${refused}"`;
    throw new MillraceError('FORBIDDEN', `the key "${name}" may use ${what}`, { patterns });
  });
}

/** The caller of a request on a server with access mounted. */
export const callerOf = (request: FastifyRequest): Caller => request.caller ?? EVERYBODY;

/** Fastify answers HEAD where there is a GET. */
const methodOf = ({ method }: FastifyRequest): string => (method === 'HEAD' ? 'GET' : method);

async function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  keys: AccessKeys,
  adminDigest: string | undefined,
): Promise<Caller> {
  const token = tokenOf(request.headers.authorization ?? '');
  if (token !== undefined) {
    if (adminDigest !== undefined && isSecretOf(token, adminDigest)) return ADMIN;
    const parsed = parseAccessKey(token);
    const key = parsed && (await keys.find(parsed.id));
    if (parsed && key && isValidKey(key, parsed.secret, Date.now())) return key;
  }
  void reply.header('www-authenticate', challengeOf(request));
  throw new MillraceError(
    'UNAUTHENTICATED',
    token === undefined
      ? 'the request needs a key: Authorization: Bearer <key>'
      : 'the key is not valid: unknown, revoked or expired',
  );
}

/** The key of a request: as bearer token, or as the password that a browser asked a person for. */
function tokenOf(authorization: string): string | undefined {
  const [, scheme, credentials] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (credentials === undefined || scheme?.toLowerCase() === 'bearer') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** Pages for admins let the browser ask; elsewhere its dialog would cover our own page. */
function challengeOf({ url }: FastifyRequest): string {
  return url.startsWith('/admin/') ? 'Basic realm="Millrace: any name, and a key as password"' : 'Bearer';
}
