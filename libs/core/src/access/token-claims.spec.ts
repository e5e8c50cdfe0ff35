import { describe, expect, it } from 'vitest';
import { callerOfClaims, type Claims } from './token-claims.js';

const RULES = {
  scopeClaim: 'scope',
  scopes: new Map([
    ['features:read', 'read'],
    ['features:admin', 'admin'],
  ] as const),
  patternsClaim: undefined,
};
const scopesOf = (claims: Claims, scopeClaim = 'scope') =>
  callerOfClaims({ sub: 'a', ...claims }, { ...RULES, scopeClaim }).scopes;
const patternsOf = (claims: Claims) =>
  callerOfClaims({ sub: 'a', ...claims }, { ...RULES, patternsClaim: 'names' }).patterns;

describe('the claims of a token', () => {
  it('give the scopes that the rules know, and no others', () => {
    expect(scopesOf({ scope: 'openid features:read features:read' })).toEqual(['read']);
    expect(scopesOf({ scope: ['features:admin', 'features:read'] })).toEqual(['admin', 'read']);
    expect(scopesOf({ scope: 'read admin' })).toEqual([]);
  });

  it.each([
    [{}],
    [{ scope: null }],
    [{ scope: 7 }],
    [{ scope: { read: true } }],
    [{ scope: [['features:read']] }],
  ])('give none where they have the form %j', (claims) => expect(scopesOf(claims)).toEqual([]));

  it('may lie in an object, or have a name with dots', () => {
    expect(scopesOf({ realm_access: { roles: ['features:read'] } }, 'realm_access.roles')).toEqual(['read']);
    expect(scopesOf({ 'https://example.com/roles': 'features:read' }, 'https://example.com/roles')).toEqual([
      'read',
    ]);
    expect(scopesOf({ constructor: 'features:read' }, '__proto__.constructor')).toEqual([]);
  });

  it('name the caller by the subject, which no API key can have as its name', () => {
    expect(callerOfClaims({ sub: 'admin key' }, RULES).name).toBe('oidc:admin key');
  });

  it.each([[{}], [{ sub: '' }], [{ sub: 7 }], [{ sub: 'a\nb' }], [{ sub: 'a'.repeat(256) }]])(
    'are refused with the subject of %j',
    (claims) => {
      expect(() => callerOfClaims(claims, RULES)).toThrow(
        'the token has no subject (sub) of 1 to 255 characters',
      );
    },
  );

  it('limit the caller to patterns where the rules name a claim for them', () => {
    expect(patternsOf({ names: 'fraud_* shop' })).toEqual(['fraud_*', 'shop']);
    expect(patternsOf({ names: ['fraud_*'] })).toEqual(['fraud_*']);
    expect(patternsOf({ names: ['fraud_*', '*'] })).toEqual([]);
  });

  it.each([[{}], [{ names: [] }], [{ names: '' }], [{ names: [7] }], [{ names: null }]])(
    'allow no name where the patterns are %j, rather than every name',
    (claims) => {
      expect(() => patternsOf(claims)).toThrow(
        'the token of "oidc:a" has no claim "names" with patterns of names',
      );
    },
  );

  it('allow no name where a pattern is none', () => {
    expect(() => patternsOf({ names: ['fraud_*', 'a b'] })).toThrow(
      'claim "names" of the token of "oidc:a": "a b" is no pattern; patterns have letters, digits, _ and *',
    );
  });
});
