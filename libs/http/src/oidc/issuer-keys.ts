/**
 * The public keys of an issuer, fetched when tokens need them and kept in bounds:
 *
 * - younger than `REFRESH_AFTER_MS`: used as they are;
 * - older: used, while they are fetched anew;
 * - older than `TRUSTED_MS`: fetched anew before the next token is checked, so that a key that the issuer withdrew
 *   ends here too; while the issuer is away the old ones still count, so that its outage is not ours;
 * - older than `KEPT_MS`: gone. Without keys no token is accepted: 503, never open.
 *
 * A token that names an unknown key makes us look at once (keys were rotated), but never more often than each
 * `LOOK_EVERY_MS`: strangers must not make us load the issuer.
 */
import { MillraceError, type Instant } from '@millrace/core';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { isTrustworthyUrl } from './oidc-variables.js';

export const REFRESH_AFTER_MS = 300_000;
export const TRUSTED_MS = 600_000;
export const KEPT_MS = 3_600_000;
export const LOOK_EVERY_MS = 10_000;
/** Requests wait that long for the issuer at most, for discovery and for keys each. */
const FETCH_TIMEOUT_MS = 2_000;
/** Issuers have a handful of keys of a few hundred bytes each. */
const DOCUMENT_BYTES_MAX = 262_144;

type FindKey = ReturnType<typeof createLocalJWKSet>;

export interface IssuerKeysSettings {
  readonly issuer: string;
  readonly jwksUrl: string | undefined;
  /** Processing time, in ms. */
  readonly clock: () => Instant;
  readonly onError: (error: Error) => void;
}

export class IssuerKeys {
  private keys: { readonly find: FindKey; readonly at: Instant } | undefined;
  private lookedAt = -Infinity;
  private lookFailed = false;
  private looking: Promise<void> | undefined;
  private discovered: string | undefined;

  constructor(private readonly settings: IssuerKeysSettings) {}

  /** Fetches the keys unless that was just done. Never rejects: what went wrong is told to `onError`. */
  look(): Promise<void> {
    if (this.looking) return this.looking;
    if (this.settings.clock() - this.lookedAt < LOOK_EVERY_MS) return Promise.resolve();
    this.looking = this.load().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /**
   * The key that a token names.
   * @throws jose's JWKSNoMatchingKey and JWKSMultipleMatchingKeys; MillraceError ISSUER_UNAVAILABLE where that cannot
   * be told, because the issuer does not answer.
   */
  async find(header: JWSHeaderParameters): ReturnType<FindKey> {
    const ageMs = this.ageMs();
    if (ageMs > TRUSTED_MS) await this.look();
    else if (ageMs > REFRESH_AFTER_MS) void this.look();
    const before = this.keys;
    try {
      return await this.held()(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.look();
      if (this.keys === before && this.lookFailed) throw this.unavailable();
      return this.held()(header);
    }
  }

  private ageMs(): number {
    return this.keys ? this.settings.clock() - this.keys.at : Infinity;
  }

  private held(): FindKey {
    if (!this.keys || this.ageMs() > KEPT_MS) throw this.unavailable();
    return this.keys.find;
  }

  private unavailable(): MillraceError {
    const retryAfterMs = Math.max(0, this.lookedAt + LOOK_EVERY_MS - this.settings.clock());
    return new MillraceError(
      'ISSUER_UNAVAILABLE',
      `tokens cannot be checked now: the keys of ${this.settings.issuer} are out of reach; API keys go on working`,
      { retryAfterMs },
    );
  }

  private async load(): Promise<void> {
    this.lookedAt = this.settings.clock();
    try {
      const url = this.settings.jwksUrl ?? (this.discovered ??= await discoverKeys(this.settings.issuer));
      const document = await fetchDocument(url);
      this.keys = {
        find: createLocalJWKSet(document as unknown as JSONWebKeySet),
        at: this.settings.clock(),
      };
      this.lookFailed = false;
    } catch (error) {
      this.lookFailed = true;
      // The issuer may have moved its keys: look where they are the next time.
      this.discovered = undefined;
      this.settings.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** OpenID Connect Discovery 1.0, section 4: the document must be that very issuer's. */
async function discoverKeys(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { issuer: named, jwks_uri: jwksUrl } = await fetchDocument(url);
  if (named !== issuer)
    throw new Error(`${url} is of the issuer ${JSON.stringify(named)}, not of ${JSON.stringify(issuer)}`);
  if (typeof jwksUrl !== 'string' || !isTrustworthyUrl(jwksUrl))
    throw new Error(`${url}: jwks_uri is ${JSON.stringify(jwksUrl)}; allowed: an https URL`);
  return jwksUrl;
}

/** A JSON object, bounded in time and size. Redirects are refused: they could lead out of TLS. */
async function fetchDocument(url: string): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}`);
  }
  const document: unknown = JSON.parse(await boundedText(url, answer));
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error(`${url} answered no JSON object`);
  return document as Record<string, unknown>;
}

async function boundedText(url: string, answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) throw new Error(`${url} answered more than ${DOCUMENT_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
