import { expect, it } from 'vitest';
import type { AccessKey } from '@millrace/core';
import { VerifiedKeys } from './verified-keys.js';

const ADMIN = { name: 'admin key', scopes: ['admin'], patterns: [] } as const;
const KEY: AccessKey = { id: 'k1', name: 'model', digest: '', scopes: ['read'], patterns: [] };

it('a header that proved a key is known again, and another is not', () => {
  const verified = new VerifiedKeys(ADMIN, () => KEY);
  verified.keep('Bearer one', KEY, 0);
  verified.keep('Bearer admin', ADMIN, 0);
  expect(verified.find('Bearer one', 1)).toBe(KEY);
  expect(verified.find('Bearer admin', 1)).toBe(ADMIN);
  expect(verified.find('Bearer two', 1)).toBeUndefined();
});

it('a key that was revoked, changed or has expired must be proved anew', () => {
  let known: AccessKey | undefined = { ...KEY, expiresAt: 100 };
  const verified = new VerifiedKeys(ADMIN, () => known);
  verified.keep('Bearer one', known, 0);
  expect(verified.find('Bearer one', 99)).toBe(known);
  expect(verified.find('Bearer one', 100)).toBeUndefined();
  verified.keep('Bearer one', known, 0);
  known = { ...KEY };
  expect(verified.find('Bearer one', 1)).toBeUndefined();
  verified.keep('Bearer one', known, 0);
  known = undefined;
  expect(verified.find('Bearer one', 1)).toBeUndefined();
});

it('callers that are no key, and headers without end, are not remembered', () => {
  const verified = new VerifiedKeys(ADMIN, () => KEY);
  verified.keep('Bearer token', { ...ADMIN }, 0);
  expect(verified.find('Bearer token', 0)).toBeUndefined();
  verified.keep(`Bearer ${' '.repeat(300)}one`, KEY, 0);
  expect(verified.find(`Bearer ${' '.repeat(300)}one`, 0)).toBeUndefined();
});

it('the longest known header makes room for a new one', () => {
  const verified = new VerifiedKeys(ADMIN, () => KEY);
  for (let i = 0; i <= 1_000; i++) verified.keep(`Bearer ${i}`, KEY, 0);
  expect(verified.find('Bearer 0', 0)).toBeUndefined();
  expect(verified.find('Bearer 1000', 0)).toBe(KEY);
});
