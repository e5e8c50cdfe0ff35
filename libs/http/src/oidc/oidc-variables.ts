import {
  EnvironmentError,
  SCOPES,
  textVariable,
  type ClaimRules,
  type Scope,
  type Variable,
} from '@millrace/core';

/** A key set or a discovery document that came over a network without TLS could be anybody's. */
const isTrustworthy = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname));

/** Whether keys may be fetched from there: by https, or on this machine. */
export const isTrustworthyUrl = (text: string): boolean => URL.canParse(text) && isTrustworthy(new URL(text));

const trustworthyUrl = (about: string): Variable<string> => ({
  about,
  allowed: 'an https URL (http only to this machine)',
  fallback: '',
  secret: false,
  read: (text) => (isTrustworthyUrl(text) ? text : undefined),
});

const SCOPE_NAMES = SCOPES.map((scope) => `millrace:${scope}=${scope}`).join(' ');

const scopesVariable: Variable<ReadonlyMap<string, Scope>> = {
  about: 'Our scopes by what the scope claim calls them',
  allowed: `pairs with spaces between, each of a word and one of ${SCOPES.join(', ')}, like ${SCOPE_NAMES}`,
  fallback: readScopes(SCOPE_NAMES),
  secret: false,
  read: readScopes,
};

/** What api and ingest read of their environment about the tokens of an OpenID Connect issuer. */
export const OIDC_VARIABLES = {
  MILLRACE_OIDC_ISSUER: trustworthyUrl(
    'Issuer whose tokens are accepted beside API keys, exactly as the tokens name it; empty: none',
  ),
  MILLRACE_OIDC_AUDIENCE: textVariable('What the tokens must be made for: their aud', { fallback: '' }),
  MILLRACE_OIDC_JWKS_URL: trustworthyUrl("Where the issuer's keys are; empty: where its discovery says"),
  MILLRACE_OIDC_SCOPE_CLAIM: textVariable('The claim with the scopes; dots lead into objects', {
    fallback: 'scope',
  }),
  MILLRACE_OIDC_SCOPES: scopesVariable,
  MILLRACE_OIDC_PATTERNS_CLAIM: textVariable(
    'The claim with the patterns of names that a token is limited to; empty: tokens are not limited',
    { fallback: '' },
  ),
} as const;

export interface OidcConfig extends ClaimRules {
  readonly issuer: string;
  readonly audience: string;
  /** Undefined: as the discovery document of the issuer says. */
  readonly jwksUrl: string | undefined;
}

type OidcValues = {
  readonly [K in keyof typeof OIDC_VARIABLES]: (typeof OIDC_VARIABLES)[K] extends Variable<infer T>
    ? T
    : never;
};

/** Undefined where no issuer is set. @throws EnvironmentError where issuer and audience are not both set. */
export function oidcConfigOf(values: OidcValues): OidcConfig | undefined {
  const { MILLRACE_OIDC_ISSUER: issuer, MILLRACE_OIDC_AUDIENCE: audience } = values;
  if (issuer === '' && audience === '' && values.MILLRACE_OIDC_JWKS_URL === '') return undefined;
  if (issuer === '')
    throw new EnvironmentError(['MILLRACE_OIDC_ISSUER is not set, though other variables of OIDC are']);
  if (audience === '')
    throw new EnvironmentError([
      'MILLRACE_OIDC_AUDIENCE is not set, though MILLRACE_OIDC_ISSUER is: tokens for other programs must not open this one',
    ]);
  return {
    issuer,
    audience,
    jwksUrl: values.MILLRACE_OIDC_JWKS_URL || undefined,
    scopeClaim: values.MILLRACE_OIDC_SCOPE_CLAIM,
    scopes: values.MILLRACE_OIDC_SCOPES,
    patternsClaim: values.MILLRACE_OIDC_PATTERNS_CLAIM || undefined,
  };
}

function readScopes(text: string): ReadonlyMap<string, Scope> | undefined {
  const scopes = new Map<string, Scope>();
  for (const pair of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const equals = pair.lastIndexOf('=');
    const scope = SCOPES.find((known) => known === pair.slice(equals + 1));
    if (equals <= 0 || scope === undefined) return undefined;
    scopes.set(pair.slice(0, equals), scope);
  }
  return scopes.size === 0 ? undefined : scopes;
}
