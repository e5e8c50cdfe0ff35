/**
 * What the claims of an OIDC token say about its bearer. Everything here fails closed: a claim that is missing or
 * has an unexpected form gives less, never more. The token itself was verified before.
 */
import { MillraceError } from '../errors.js';
import { NAME_PATTERN, type Caller, type Scope } from './access-key.js';

export interface ClaimRules {
  /** The claim with the scopes: a text with spaces between (`scope`) or a list (`roles`, `realm_access.roles`). */
  readonly scopeClaim: string;
  /** Our scopes by what the claim calls them. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** The claim with the patterns of names; undefined where tokens are not limited to names. */
  readonly patternsClaim: string | undefined;
}

export type Claims = Readonly<Record<string, unknown>>;

/** So that nobody who may choose a subject can pass for an API key in the audit log: keys have no such names. */
export const SUBJECT_PREFIX = 'oidc:';
/** What OpenID Connect allows. */
const SUBJECT = /^[^\p{C}]{1,255}$/u;

/** @throws MillraceError UNAUTHENTICATED where the subject is missing, FORBIDDEN where the patterns are. */
export function callerOfClaims(claims: Claims, rules: ClaimRules): Caller {
  const { sub } = claims;
  if (typeof sub !== 'string' || !SUBJECT.test(sub))
    throw new MillraceError('UNAUTHENTICATED', 'the token has no subject (sub) of 1 to 255 characters');
  const name = `${SUBJECT_PREFIX}${sub}`;
  const scopes = new Set<Scope>();
  for (const word of wordsOf(claimOf(claims, rules.scopeClaim))) {
    const scope = rules.scopes.get(word);
    if (scope !== undefined) scopes.add(scope);
  }
  return { name, scopes: [...scopes], patterns: patternsOf(claims, rules.patternsClaim, name) };
}

function patternsOf(claims: Claims, claim: string | undefined, name: string): readonly string[] {
  if (claim === undefined) return [];
  const patterns = wordsOf(claimOf(claims, claim));
  // An empty list of patterns would mean everything; that has to be said, by `*`.
  if (patterns.length === 0)
    throw new MillraceError(
      'FORBIDDEN',
      `the token of "${name}" has no claim "${claim}" with patterns of names`,
    );
  const wrong = patterns.find((pattern) => !NAME_PATTERN.test(pattern));
  if (wrong !== undefined)
    throw new MillraceError(
      'FORBIDDEN',
      `claim "${claim}" of the token of "${name}": ${JSON.stringify(wrong)} is no pattern; patterns have letters, digits, _ and *`,
    );
  return patterns.includes('*') ? [] : patterns;
}

/** A member of that very name (some issuers write URLs), else the path that its dots spell. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, part) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isObject ? (value as Claims)[part] : undefined;
  }, claims);
}

function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  return Array.isArray(claim) ? claim.filter((word): word is string => typeof word === 'string') : [];
}
