/**
 * API keys: `mr_<id>_<secret>`. The id finds the key, the secret proves it; at rest there is only the digest of
 * the secret. Secrets are 32 random bytes, so a plain SHA-256 is enough: there is nothing to guess from.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../time.js';

/** `read` reads features and definitions, `write` sends events and values, `admin` changes the registry. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface AccessKey {
  readonly id: string;
  /** For people and for the audit log. */
  readonly name: string;
  /** SHA-256 of the secret, in hex. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  /** What it may name: `fraud_*`. Empty: everything. */
  readonly patterns: readonly string[];
  readonly expiresAt?: Instant;
}

/** Who calls, once that is established. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly patterns: readonly string[];
}

/** A pattern of names, as keys and tokens carry them. */
export const NAME_PATTERN = /^[A-Za-z0-9_*]{1,128}$/;

const KEY = /^mr_([0-9a-z]{8,32})_([A-Za-z0-9_-]{20,128})$/;

export function parseAccessKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const match = KEY.exec(text);
  return match ? { id: match[1] as string, secret: match[2] as string } : undefined;
}

export const writeAccessKey = (id: string, secret: string): string => `mr_${id}_${secret}`;

export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares in a time that does not depend on where two secrets differ. */
export function isSecretOf(secret: string, digest: string): boolean {
  const found = createHash('sha256').update(secret).digest();
  const expected = Buffer.from(digest, 'hex');
  return expected.length === found.length && timingSafeEqual(found, expected);
}

/** Whether the key is the caller's: its secret fits, and it has not expired. */
export function isValidKey(key: AccessKey, secret: string, now: Instant): boolean {
  return isSecretOf(secret, key.digest) && (key.expiresAt === undefined || now < key.expiresAt);
}

/** `admin` may do everything; every other scope only what it says. */
export function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes('admin') || caller.scopes.includes(scope);
}

/**
 * The first name that the caller's patterns do not cover; undefined where all are covered. A caller with
 * patterns may not do what names nothing, such as listing everything: that is told by `''`.
 */
export function nameNotAllowed({ patterns }: Caller, names: readonly string[]): string | undefined {
  if (patterns.length === 0) return undefined;
  if (names.length === 0) return '';
  return names.find((name) => !patterns.some((pattern) => matches(pattern, name)));
}

/** `*` stands for any letters, also none. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let from = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
