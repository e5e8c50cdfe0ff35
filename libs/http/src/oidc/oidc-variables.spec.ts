import { describe, expect, it } from 'vitest';
import { readEnvironment } from '@millrace/core';
import { OIDC_VARIABLES, oidcConfigOf } from './oidc-variables.js';

const read = (environment: Record<string, string>) =>
  oidcConfigOf(readEnvironment(OIDC_VARIABLES, environment));

const ISSUER = { MILLRACE_OIDC_ISSUER: 'https://id.example.com/', MILLRACE_OIDC_AUDIENCE: 'millrace' };

describe('the variables of OIDC', () => {
  it('mean no issuer where none is set', () => {
    expect(read({})).toBeUndefined();
  });

  it('need an issuer and an audience, and have defaults for the rest', () => {
    expect(read(ISSUER)).toEqual({
      issuer: 'https://id.example.com/',
      audience: 'millrace',
      jwksUrl: undefined,
      scopeClaim: 'scope',
      scopes: new Map([
        ['millrace:read', 'read'],
        ['millrace:write', 'write'],
        ['millrace:admin', 'admin'],
      ]),
      patternsClaim: undefined,
    });
  });

  it('map any words to our scopes', () => {
    const scopes = read({ ...ISSUER, MILLRACE_OIDC_SCOPES: 'a=b=read, ops=admin ops2=admin' })?.scopes;
    expect(scopes).toEqual(
      new Map([
        ['a=b', 'read'],
        ['ops', 'admin'],
        ['ops2', 'admin'],
      ]),
    );
  });

  it.each([
    [
      { MILLRACE_OIDC_ISSUER: ISSUER.MILLRACE_OIDC_ISSUER },
      'MILLRACE_OIDC_AUDIENCE is not set, though MILLRACE_OIDC_ISSUER is: tokens for other programs must not open this one',
    ],
    [{ MILLRACE_OIDC_AUDIENCE: 'x' }, 'MILLRACE_OIDC_ISSUER is not set, though other variables of OIDC are'],
    [
      { ...ISSUER, MILLRACE_OIDC_JWKS_URL: 'http://id.example.com/keys' },
      'MILLRACE_OIDC_JWKS_URL: "http://id.example.com/keys" is not allowed; allowed: an https URL (http only to this machine)',
    ],
    [
      { ...ISSUER, MILLRACE_OIDC_SCOPES: 'ops=root' },
      'MILLRACE_OIDC_SCOPES: "ops=root" is not allowed; allowed: pairs with spaces between, each of a word and one of read, write, admin, like millrace:read=read millrace:write=write millrace:admin=admin',
    ],
  ])('stop the boot with %j', (environment, message) => {
    expect(() => read(environment)).toThrow(message);
  });
});
