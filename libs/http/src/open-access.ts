import { AccessKeyStore, AccessKeyWatcher, Keys, type RedisConnection } from '@millrace/redis';
import type { FastifyInstance } from 'fastify';
import { mountAccess, type AccessRules, type KnownAccess } from './access.js';
import type { AccessConfig } from './access-variables.js';
import { TokenCallers } from './oidc/token-callers.js';

export interface AccessOptions {
  readonly config: AccessConfig;
  readonly redis: RedisConnection;
  readonly keyPrefix: string;
  readonly rules: AccessRules;
  readonly onError: (error: Error) => void;
}

/** Addresses that every app answers to everybody: probes, Prometheus, and the description of its API. */
export const OPEN_RULES: AccessRules = {
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  'GET /metrics': 'open',
  'GET /docs': 'open',
  'GET /docs/': 'open',
  'GET /docs/*': 'open',
  'GET /docs-json': 'open',
  'GET /docs-yaml': 'open',
};

/**
 * Guards a server with the API keys that Redis holds, and with the tokens of an issuer where one is set, from now
 * until it closes. Must come before its routes.
 */
export function openAccess(server: FastifyInstance, options: AccessOptions): KnownAccess {
  const store = new AccessKeyStore(options.redis, new Keys(options.keyPrefix));
  const keys = new AccessKeyWatcher(store, options.onError);
  const { required, adminKey, oidc } = options.config;
  const tokens = oidc && new TokenCallers(oidc, Date.now, options.onError);
  const rules = { ...OPEN_RULES, ...options.rules };
  const isKnown = mountAccess(server, { required, adminKey, keys, tokens, rules });
  server.addHook('onReady', async () => {
    // Not awaited: a server that boots while Redis is away says so by /readyz.
    void keys.start();
    void tokens?.start();
  });
  server.addHook('onClose', async () => keys.stop());
  return isKnown;
}
