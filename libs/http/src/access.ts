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
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessTokens } from './oidc/token-callers.js';
import { VerifiedKeys } from './verified-keys.js';

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
  /** The key with this id as this process knows it now, without a look anywhere. */
  known(id: string): AccessKey | undefined;
}

export interface AccessSettings {
  /** Off: everybody may do everything. */
  readonly required: boolean;
  /** A key with all scopes that no store knows, for the first steps and for local runs; empty: none. */
  readonly adminKey: string;
  readonly keys: AccessKeys;
  /** Undefined where only keys count. They are remembered by themselves, with an end of their own. */
  readonly tokens: AccessTokens | undefined;
  readonly rules: AccessRules;
}

const EVERYBODY: Caller = { name: 'anonymous', scopes: SCOPES, patterns: [] };
const ADMIN: Caller = { name: 'admin key', scopes: ['admin'], patterns: [] };
const DEFAULT_RULE: AccessRule = { scope: 'admin' };

/**
 * Whether the bearer of this header may call a route (`POST /v1/features`) with whatever body, as far as this process
 * knows without a look anywhere: false says only that it has to be asked about.
 */
export type KnownAccess = (route: string, authorization: string | undefined) => boolean;

/** Checks every request of a server; must be mounted before its routes. */
export function mountAccess(server: FastifyInstance, settings: AccessSettings): KnownAccess {
  const adminDigest = settings.adminKey === '' ? undefined : digestOf(settings.adminKey);
  const verified = new VerifiedKeys(ADMIN, (id) => settings.keys.known(id));
  const ruleOf = (request: FastifyRequest): AccessRule =>
    settings.required ? ruleIn(settings.rules, request) : 'open';

  // Callbacks, not promises: a client that came before is let through within the same turn of the event loop.
  server.addHook('onRequest', (request, reply, done) => {
    const rule = ruleOf(request);
    if (rule === 'open') {
      request.caller = EVERYBODY;
      done();
      return;
    }
    const header = request.headers.authorization ?? '';
    const known = verified.find(header, Date.now());
    if (known) {
      done(admit(request, known, rule.scope));
      return;
    }
    const credential = credentialOf(header);
    authenticate(credential, settings, adminDigest)
      .then((caller) => {
        verified.keep(header, caller, Date.now());
        return admit(request, caller, rule.scope);
      })
      .catch((error: unknown) => {
        if (error instanceof MillraceError && error.code === 'UNAUTHENTICATED')
          void reply.header('www-authenticate', challengeOf(request, credential !== undefined));
        throw error;
      })
      .then(done, done);
  });

  // Names may stand in the body, which is read by now.
  server.addHook('preHandler', (request, _reply, done) => {
    const { caller = EVERYBODY } = request;
    // Without patterns a key may use every name.
    if (caller.patterns.length === 0) done();
    else done(nameRefusal(request, caller, ruleOf(request)));
  });

  return (route, authorization = '') => {
    const rule = settings.required ? (settings.rules[route] ?? DEFAULT_RULE) : 'open';
    if (rule === 'open') return true;
    const caller = verified.find(authorization, Date.now());
    return caller !== undefined && caller.patterns.length === 0 && hasScope(caller, rule.scope);
  };
}

/** By the address itself where it is a whole route, which spares building the route's options. */
function ruleIn(rules: AccessRules, request: FastifyRequest): AccessRule {
  const method = methodOf(request);
  return (
    rules[`${method} ${request.url}`] ?? rules[`${method} ${request.routeOptions.url ?? ''}`] ?? DEFAULT_RULE
  );
}

/** Notes who calls; answers why the call is refused. */
function admit(request: FastifyRequest, caller: Caller, scope: Scope): MillraceError | undefined {
  request.caller = caller;
  if (hasScope(caller, scope) || request.routeOptions.url === undefined) return undefined;
  return new MillraceError('FORBIDDEN', `"${caller.name}" lacks the scope ${scope}`, {
    scope,
    scopes: caller.scopes,
  });
}

function nameRefusal(request: FastifyRequest, caller: Caller, rule: AccessRule): MillraceError | undefined {
  if (rule === 'open') return undefined;
  const refused = nameNotAllowed(caller, rule.names?.(request) ?? []);
  if (refused === undefined) return undefined;
  const { name, patterns } = caller;
  const what = refused === '' ? 'only what its patterns cover' : `not "${refused}"`;
  return new MillraceError('FORBIDDEN', `"${name}" may use ${what}`, { patterns });
}

/** The caller of a request on a server with access mounted. */
export const callerOf = (request: FastifyRequest): Caller => request.caller ?? EVERYBODY;

/** Fastify answers HEAD where there is a GET. */
const methodOf = ({ method }: FastifyRequest): string => (method === 'HEAD' ? 'GET' : method);

async function authenticate(
  credential: string | undefined,
  { keys, tokens }: AccessSettings,
  adminDigest: string | undefined,
): Promise<Caller> {
  if (credential === undefined)
    throw new MillraceError('UNAUTHENTICATED', 'the request needs a key: Authorization: Bearer <key>');
  if (adminDigest !== undefined && isSecretOf(credential, adminDigest)) return ADMIN;
  if (tokens?.isToken(credential)) return tokens.callerOf(credential);
  const parsed = parseAccessKey(credential);
  const key = parsed && (await keys.find(parsed.id));
  if (parsed && key && isValidKey(key, parsed.secret, Date.now())) return key;
  throw new MillraceError('UNAUTHENTICATED', 'the key is not valid: unknown, revoked or expired');
}

/** The key or token of a request: as bearer token, or as the password that a browser asked a person for. */
function credentialOf(authorization: string): string | undefined {
  const [, scheme, credentials] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (credentials === undefined || scheme?.toLowerCase() === 'bearer') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** Pages for admins let the browser ask; elsewhere its dialog would cover our own page. RFC 6750, section 3. */
function challengeOf({ url }: FastifyRequest, isWrong: boolean): string {
  if (url.startsWith('/admin/')) return 'Basic realm="Millrace: any name, and a key as password"';
  return isWrong ? 'Bearer error="invalid_token"' : 'Bearer';
}
