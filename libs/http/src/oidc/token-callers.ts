/**
 * Callers by the tokens of an OpenID Connect issuer. A token is accepted when one of the issuer's keys signed it with
 * an asymmetric algorithm, for our audience, and it is of use now; its claims then say what its bearer may do
 * (`callerOfClaims`).
 */
import { callerOfClaims, MillraceError, type Caller, type Instant } from '@millrace/core';
import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { IssuerKeys } from './issuer-keys.js';
import type { OidcConfig } from './oidc-variables.js';

/** Never `none`, and never HS*: an issuer's public key must not serve as a shared secret. */
export const ALGORITHMS: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** How far the clocks of issuer and process may differ. */
export const CLOCK_TOLERANCE_MS = 30_000;
/** A caller checks a token once and is known for this long: a withdrawn key works so much longer. */
export const KNOWN_MS = 60_000;
/** Bounds the memory of known tokens: some kilobytes each. */
const KNOWN_MAX = 10_000;

/** What access asks of tokens. */
export interface AccessTokens {
  /** Whether a credential has the form of a token: three parts of base64url. */
  isToken(credential: string): boolean;
  /** @throws MillraceError UNAUTHENTICATED, FORBIDDEN, ISSUER_UNAVAILABLE */
  callerOf(token: string): Promise<Caller>;
}

export class TokenCallers implements AccessTokens {
  private readonly keys: IssuerKeys;
  /** In the order in which they came, so that the first is the one to forget. */
  private readonly known = new Map<string, { readonly caller: Caller; readonly until: Instant }>();

  constructor(
    private readonly config: OidcConfig,
    private readonly clock: () => Instant,
    private readonly onError: (error: Error) => void,
  ) {
    const { issuer, jwksUrl } = config;
    this.keys = new IssuerKeys({ issuer, jwksUrl, clock, onError });
  }

  /** Fetches the keys, so that the first caller need not wait. Does not fail where the issuer is away. */
  start(): Promise<void> {
    return this.keys.look();
  }

  isToken(credential: string): boolean {
    return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential);
  }

  async callerOf(token: string): Promise<Caller> {
    const now = this.clock();
    const known = this.known.get(token);
    if (known && now < known.until) return known.caller;
    this.known.delete(token);
    const payload = await this.verify(token, now);
    const caller = callerOfClaims(payload, this.config);
    this.remember(token, { caller, until: Math.min(now + KNOWN_MS, Number(payload.exp) * 1_000) });
    return caller;
  }

  private remember(token: string, entry: { readonly caller: Caller; readonly until: Instant }): void {
    for (const oldest of this.known.keys()) {
      if (this.known.size < KNOWN_MAX) break;
      this.known.delete(oldest);
    }
    this.known.set(token, entry);
  }

  private async verify(token: string, now: Instant): Promise<JWTPayload> {
    const { issuer, audience } = this.config;
    try {
      // Before the key is looked for: a token of somebody else's issuer must not make us ask ours.
      if (decodeJwt(token).iss !== issuer) throw refusal(`it is not of the issuer ${issuer}`);
      const { payload } = await jwtVerify(token, (header) => this.keys.find(header), {
        issuer,
        audience,
        algorithms: [...ALGORITHMS],
        clockTolerance: CLOCK_TOLERANCE_MS / 1_000,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      if (error instanceof errors.JOSEError) throw refusal(reasonOf(error, this.config));
      // Not what a wrong token does: a key of the issuer that cannot be used.
      this.onError(error instanceof Error ? error : new Error(String(error)));
      throw refusal('its key cannot be used');
    }
  }
}

const refusal = (reason: string): MillraceError =>
  new MillraceError('UNAUTHENTICATED', `the token is not valid: ${reason}`);

function reasonOf(error: errors.JOSEError, { audience }: OidcConfig): string {
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `it is not signed by an allowed algorithm: ${ALGORITHMS.join(', ')}`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key (kid)';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it names no key (kid), and several would fit';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWTExpired) return `it expired at ${timeText(error.payload.exp)}`;
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return `it is not made for the audience ${audience}`;
    if (error.claim === 'nbf') return `it is valid from ${timeText(error.payload.nbf)} on`;
    return `its claim ${error.claim} is missing or wrong`;
  }
  return 'it is not well formed';
}

/** A time of a token as people write it; one beyond the calendar as the number of seconds that it is. */
function timeText(seconds: unknown): string {
  const time = new Date(Number(seconds) * 1_000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}
