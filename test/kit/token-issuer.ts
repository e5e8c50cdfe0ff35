import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';

/** Claims of a token; one that is undefined is left out. */
export type TokenClaims = Readonly<Record<string, unknown>>;

interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const LIFETIME_S = 300;

/** An OpenID Connect issuer on this machine: a discovery document, a key set, and tokens signed by its keys. */
export class TokenIssuer {
  /** The keys that it publishes. */
  private keys: SigningKey[] = [];
  private made = 0;
  /** How it answers while it is broken; undefined while it is well. */
  private broken: ((response: ServerResponse) => void) | undefined;
  /** Every request so far, by path. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly audience: string,
  ) {}

  static async start(audience = 'millrace-test'): Promise<TokenIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const issuer = new TokenIssuer(server, `http://127.0.0.1:${port}`, audience);
    server.on('request', (request, response) => void issuer.answer(request.url ?? '', response));
    await issuer.rotate();
    return issuer;
  }

  get jwksUrl(): string {
    return `${this.url}/keys`;
  }

  /** The variables of an app that trusts it. */
  get environment(): Readonly<Record<string, string>> {
    return { MILLRACE_OIDC_ISSUER: this.url, MILLRACE_OIDC_AUDIENCE: this.audience };
  }

  /** Withdraws all keys and publishes a new one. */
  async rotate(algorithm = 'ES256'): Promise<void> {
    this.keys = [await this.newKey(algorithm)];
  }

  /** From now on it answers so; nothing: as it should. */
  answerWith(broken?: (response: ServerResponse) => void): void {
    this.broken = broken;
  }

  /** A token that is of use, but for what the given claims change. */
  async token(claims: TokenClaims = {}, header: { readonly kid?: string } = {}): Promise<string> {
    const [key] = this.keys;
    if (!key) throw new Error('the issuer has no key');
    return this.jwt(claims)
      .setProtectedHeader({ alg: key.algorithm, kid: header.kid ?? key.kid })
      .sign(key.privateKey);
  }

  /** As a forger would make it: without any signature. */
  unsigned(claims: TokenClaims = {}): string {
    return new UnsecuredJWT(this.claims(claims)).encode();
  }

  /** As a forger would make it: signed with the public key as if that were a shared secret. */
  async signedWithPublicKey(claims: TokenClaims = {}): Promise<string> {
    const [key] = this.keys;
    if (!key) throw new Error('the issuer has no key');
    const secret = new TextEncoder().encode(await exportSPKI(key.publicKey));
    return this.jwt(claims).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(secret);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async newKey(algorithm: string): Promise<SigningKey> {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    return { kid: `key-${++this.made}`, algorithm, ...pair };
  }

  private jwt(claims: TokenClaims): SignJWT {
    return new SignJWT(this.claims(claims));
  }

  private claims(claims: TokenClaims): Record<string, unknown> {
    const nowS = Math.floor(Date.now() / 1_000);
    const usual = { iss: this.url, aud: this.audience, sub: 'alice', iat: nowS, exp: nowS + LIFETIME_S };
    return Object.fromEntries(
      Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined),
    );
  }

  private async answer(path: string, response: ServerResponse): Promise<void> {
    this.requests.push(path);
    if (this.broken) return this.broken(response);
    response.setHeader('content-type', 'application/json');
    if (path === '/.well-known/openid-configuration')
      response.end(JSON.stringify({ issuer: this.url, jwks_uri: this.jwksUrl }));
    else if (path === '/keys') response.end(JSON.stringify({ keys: await this.published() }));
    else response.writeHead(404).end();
  }

  private published(): Promise<object[]> {
    return Promise.all(
      this.keys.map(async ({ kid, algorithm, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg: algorithm,
        use: 'sig',
      })),
    );
  }
}
