import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError, type Caller } from '@millrace/core';
import { TokenIssuer, type TokenClaims } from '../../../../test/kit/token-issuer.js';
import { KEPT_MS, LOOK_EVERY_MS, REFRESH_AFTER_MS, TRUSTED_MS } from './issuer-keys.js';
import { ALGORITHMS, CLOCK_TOLERANCE_MS, KNOWN_MS, TokenCallers } from './token-callers.js';
import type { OidcConfig } from './oidc-variables.js';

let issuer: TokenIssuer;
/** How far the clock of the process is moved on. */
let laterMs: number;
let errors: string[];

beforeEach(async () => {
  issuer = await TokenIssuer.start();
  laterMs = 0;
  errors = [];
});

afterEach(() => issuer.stop());

function callersOf(more: Partial<OidcConfig> = {}): TokenCallers {
  const config: OidcConfig = {
    issuer: issuer.url,
    audience: issuer.audience,
    jwksUrl: undefined,
    scopeClaim: 'scope',
    scopes: new Map([
      ['millrace:read', 'read'],
      ['millrace:write', 'write'],
      ['millrace:admin', 'admin'],
    ]),
    patternsClaim: undefined,
    ...more,
  };
  return new TokenCallers(
    config,
    () => Date.now() + laterMs,
    (error) => errors.push(error.message),
  );
}

/** What a token is told: who its bearer is, or the code and text of the refusal. */
async function outcomeOf(callers: TokenCallers, token: string): Promise<Caller | string> {
  return callers.callerOf(token).catch((error: unknown) => {
    if (error instanceof MillraceError) return `${error.code}: ${error.message}`;
    throw error;
  });
}

const secondsFromNow = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();

describe('a token of the issuer', () => {
  it('makes its subject the caller, with the scopes that its claim names', async () => {
    const token = await issuer.token({ scope: 'openid millrace:read millrace:write' });
    expect(await callersOf().callerOf(token)).toEqual({
      name: 'oidc:alice',
      scopes: ['read', 'write'],
      patterns: [],
    });
  });

  it.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('may be signed by %s', async (algorithm) => {
    await issuer.rotate(algorithm);
    expect(await callersOf().callerOf(await issuer.token())).toMatchObject({ name: 'oidc:alice' });
  });

  it('is checked with keys from a given address, without discovery', async () => {
    const callers = callersOf({ jwksUrl: issuer.jwksUrl });
    await callers.callerOf(await issuer.token());
    expect(issuer.requests).toEqual(['/keys']);
  });

  it('is checked once and known for a minute, without asking the issuer again', async () => {
    const callers = callersOf();
    const token = await issuer.token();
    const [one, other] = [await callers.callerOf(token), await callers.callerOf(token)];
    expect(other).toBe(one);
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('is not known beyond its own end', async () => {
    const callers = callersOf();
    const exp = secondsFromNow(10);
    const token = await issuer.token({ exp });
    await callers.callerOf(token);
    laterMs = 10_000 + CLOCK_TOLERANCE_MS + 1_000;
    expect(await outcomeOf(callers, token)).toBe(
      `UNAUTHENTICATED: the token is not valid: it expired at ${isoOf(exp)}`,
    );
  });
});

describe('a token is refused', () => {
  const refusals: readonly (readonly [what: string, claims: TokenClaims, why: (url: string) => string])[] = [
    ['of another issuer', { iss: 'https://evil.example' }, (url) => `it is not of the issuer ${url}`],
    ['without an issuer', { iss: undefined }, (url) => `it is not of the issuer ${url}`],
    ['for another audience', { aud: 'shop' }, () => 'it is not made for the audience millrace-test'],
    ['for other audiences', { aud: ['a', 'b'] }, () => 'it is not made for the audience millrace-test'],
    ['without an audience', { aud: undefined }, () => 'it is not made for the audience millrace-test'],
    ['that never expires', { exp: undefined }, () => 'its claim exp is missing or wrong'],
    ['whose end is a text', { exp: 'later' }, () => 'its claim exp is missing or wrong'],
    ['that ended in no calendar', { exp: -1e300 }, () => 'it expired at -1e+300'],
  ];

  it.each(refusals)('%s', async (_what, claims, why) => {
    const token = await issuer.token({ ...claims, scope: 'millrace:admin' });
    expect(await outcomeOf(callersOf(), token)).toBe(
      `UNAUTHENTICATED: the token is not valid: ${why(issuer.url)}`,
    );
  });

  it('after its end, with some tolerance for clocks', async () => {
    const toleratedS = CLOCK_TOLERANCE_MS / 1_000;
    const callers = callersOf();
    expect(
      await outcomeOf(callers, await issuer.token({ exp: secondsFromNow(-toleratedS + 5) })),
    ).toMatchObject({
      name: 'oidc:alice',
    });
    const exp = secondsFromNow(-toleratedS - 1);
    expect(await outcomeOf(callers, await issuer.token({ exp }))).toBe(
      `UNAUTHENTICATED: the token is not valid: it expired at ${isoOf(exp)}`,
    );
  });

  it('before its beginning, with some tolerance for clocks', async () => {
    const toleratedS = CLOCK_TOLERANCE_MS / 1_000;
    const callers = callersOf();
    expect(
      await outcomeOf(callers, await issuer.token({ nbf: secondsFromNow(toleratedS - 5) })),
    ).toMatchObject({
      name: 'oidc:alice',
    });
    const nbf = secondsFromNow(toleratedS + 60);
    expect(await outcomeOf(callers, await issuer.token({ nbf }))).toBe(
      `UNAUTHENTICATED: the token is not valid: it is valid from ${isoOf(nbf)} on`,
    );
  });

  it('without a signature (alg none), and with the public key as a secret (HS256)', async () => {
    const callers = callersOf();
    const allowed = `it is not signed by an allowed algorithm: ${ALGORITHMS.join(', ')}`;
    const claims = { scope: 'millrace:admin' };
    for (const token of [issuer.unsigned(claims), await issuer.signedWithPublicKey(claims)])
      expect(await outcomeOf(callers, token)).toBe(`UNAUTHENTICATED: the token is not valid: ${allowed}`);
    expect(issuer.requests).toEqual([]);
  });

  it('with a changed payload, a cut signature, or a key of another issuer of that name', async () => {
    const callers = callersOf();
    const [header, , signature = ''] = (await issuer.token()).split('.');
    const [, payload] = (await issuer.token({ scope: 'millrace:admin' })).split('.');
    const other = await TokenIssuer.start();
    const foreign = await other.token({ iss: issuer.url });
    await other.stop();
    for (const token of [`${header}.${payload}.${signature}`, `${header}.${payload}.`, foreign])
      expect(await outcomeOf(callers, token)).toBe(
        'UNAUTHENTICATED: the token is not valid: its signature is wrong',
      );
  });

  it('that is no token at all', async () => {
    const callers = callersOf();
    for (const token of ['a.b.c', 'e30.e30.', 'eyJhbGciOiJub25lIn0.bm8.x'])
      expect(await outcomeOf(callers, token)).toMatch(/^UNAUTHENTICATED: the token is not valid: /);
    for (const credential of ['mr_0123abcd_secret', 'a.b', 'a.b.c.d.e', 'a b.c.d'])
      expect(callers.isToken(credential)).toBe(false);
  });
});

describe('keys of the issuer', () => {
  it('may be rotated: a token of a new key is looked up at once, one of the old key is refused', async () => {
    const callers = callersOf();
    const before = await issuer.token();
    await callers.callerOf(before);
    await issuer.rotate();
    laterMs = LOOK_EVERY_MS;
    expect(await callers.callerOf(await issuer.token())).toMatchObject({ name: 'oidc:alice' });
    laterMs += KNOWN_MS;
    expect(await outcomeOf(callers, before)).toBe(
      'UNAUTHENTICATED: the token is not valid: its issuer has no such key (kid)',
    );
  });

  it('are not asked for by strangers more often than each ten seconds, whatever keys they name', async () => {
    const callers = callersOf();
    await callers.callerOf(await issuer.token());
    const unknown = await Promise.all(
      Array.from({ length: 50 }, (_, index) => issuer.token({}, { kid: `x${index}` })),
    );
    laterMs = LOOK_EVERY_MS;
    const outcomes = await Promise.all(unknown.map((token) => outcomeOf(callers, token)));
    expect(new Set(outcomes)).toEqual(
      new Set(['UNAUTHENTICATED: the token is not valid: its issuer has no such key (kid)']),
    );
    expect(issuer.requests.filter((path) => path === '/keys')).toHaveLength(2);
  });

  it('are fetched anew while the old ones still serve', async () => {
    const callers = callersOf();
    await callers.callerOf(await issuer.token());
    laterMs = REFRESH_AFTER_MS + 1;
    await callers.callerOf(await issuer.token({ sub: 'bob', exp: secondsFromNow(3_600) }));
    await callers.start();
    expect(issuer.requests.filter((path) => path === '/keys')).toHaveLength(2);
  });

  it('that were withdrawn end after ten minutes also where nobody named a new one', async () => {
    const callers = callersOf();
    const exp = secondsFromNow(7_200);
    const withdrawn = await issuer.token({ exp });
    await callers.callerOf(withdrawn);
    await issuer.rotate();
    laterMs = TRUSTED_MS + 1;
    expect(await outcomeOf(callers, withdrawn)).toMatch(/its issuer has no such key/);
  });

  it('serve on for an hour while the issuer is away, and never longer', async () => {
    const callers = callersOf();
    const exp = secondsFromNow(7_200);
    await callers.callerOf(await issuer.token({ exp }));
    issuer.answerWith((response) => response.writeHead(500).end());
    laterMs = KEPT_MS - 1_000;
    expect(await callers.callerOf(await issuer.token({ exp, sub: 'bob' }))).toMatchObject({
      name: 'oidc:bob',
    });
    laterMs = KEPT_MS + 1_000;
    const refused = await callers
      .callerOf(await issuer.token({ exp, sub: 'carol' }))
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ISSUER_UNAVAILABLE', status: 503 });
    expect((refused as MillraceError).details['retryAfterMs']).toBeLessThanOrEqual(LOOK_EVERY_MS);
    issuer.answerWith();
    laterMs += LOOK_EVERY_MS;
    expect(await callers.callerOf(await issuer.token({ exp, sub: 'carol' }))).toMatchObject({
      name: 'oidc:carol',
    });
  });

  const broken: readonly (readonly [
    what: string,
    Parameters<TokenIssuer['answerWith']>[0],
    error: RegExp,
  ])[] = [
    ['answers 500', (response) => response.writeHead(500).end(), /answered 500$/],
    ['cuts the connection', (response) => response.destroy(), /fetch failed/],
    ['never answers', () => {}, /timeout/],
    ['answers no JSON', (response) => response.end('<html>'), /JSON/],
    ['answers a list', (response) => response.end('[]'), /answered no JSON object$/],
    ['answers no key set', (response) => response.end('{"keys": 1}'), /malformed/],
    ['answers without end', (response) => response.end('"'.padEnd(300_000)), /more than 262144 bytes$/],
    [
      'sends us elsewhere',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/keys' }).end(),
      /fetch failed/,
    ],
  ];

  it.each(broken)('are out of reach where the issuer %s: 503, never open', async (_what, answer, error) => {
    const callers = callersOf({ jwksUrl: issuer.jwksUrl });
    issuer.answerWith(answer);
    expect(await outcomeOf(callers, await issuer.token({ scope: 'millrace:admin' }))).toBe(
      `ISSUER_UNAVAILABLE: tokens cannot be checked now: the keys of ${issuer.url} are out of reach; API keys go on working`,
    );
    expect(errors).toEqual([expect.stringMatching(error)]);
  });

  it.each([
    [{ issuer: 'https://other.example', jwks_uri: 'https://other.example/keys' }, /is of the issuer "https:/],
    [{ jwks_uri: 'http://192.0.2.1/keys' }, /jwks_uri is "http:\/\/192.0.2.1\/keys"; allowed: an https URL$/],
    [{}, /jwks_uri is undefined; allowed: an https URL$/],
  ])('are not taken from the discovery document %j', async (document, error) => {
    const callers = callersOf();
    issuer.answerWith((response) => response.end(JSON.stringify({ issuer: issuer.url, ...document })));
    expect(await outcomeOf(callers, await issuer.token())).toMatch(/^ISSUER_UNAVAILABLE/);
    expect(errors).toEqual([expect.stringMatching(error)]);
  });

  it('that cannot be used refuse their tokens, and say so in the log', async () => {
    const callers = callersOf({ jwksUrl: issuer.jwksUrl });
    const key = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'key-1', alg: 'ES256' };
    issuer.answerWith((response) => response.end(JSON.stringify({ keys: [key] })));
    expect(await outcomeOf(callers, await issuer.token())).toBe(
      'UNAUTHENTICATED: the token is not valid: its key cannot be used',
    );
    expect(errors).toHaveLength(1);
  });
});
