import { describe, expect, it } from 'vitest';
import {
  digestOf,
  hasScope,
  isValidKey,
  nameNotAllowed,
  parseAccessKey,
  writeAccessKey,
  type AccessKey,
} from './access-key.js';

const SECRET = 'aGVsbG8gd29ybGQgdGhpcyBpcyBsb25n';
const KEY: AccessKey = {
  id: '0123abcd',
  name: 'batch',
  digest: digestOf(SECRET),
  scopes: ['read'],
  patterns: [],
};

describe('an access key', () => {
  it('is read from its text, and nothing else is', () => {
    expect(parseAccessKey(writeAccessKey(KEY.id, SECRET))).toEqual({ id: KEY.id, secret: SECRET });
    for (const text of ['', 'mr__', `mr_0123abcd_${'a'.repeat(19)}`, `mr_0123abcd_${SECRET} `, SECRET])
      expect(parseAccessKey(text)).toBeUndefined();
  });

  it('is valid with its secret until it expires', () => {
    expect(isValidKey(KEY, SECRET, 0)).toBe(true);
    expect(isValidKey(KEY, `${SECRET}a`, 0)).toBe(false);
    expect(isValidKey({ ...KEY, digest: 'zz' }, SECRET, 0)).toBe(false);
    expect(isValidKey({ ...KEY, expiresAt: 10 }, SECRET, 9)).toBe(true);
    expect(isValidKey({ ...KEY, expiresAt: 10 }, SECRET, 10)).toBe(false);
  });

  it('may do what its scopes say, and everything as admin', () => {
    expect([hasScope(KEY, 'read'), hasScope(KEY, 'write')]).toEqual([true, false]);
    expect(hasScope({ ...KEY, scopes: ['admin'] }, 'write')).toBe(true);
  });

  it.each([
    [[], ['x'], undefined],
    [['fraud_*'], ['fraud_detection'], undefined],
    [['fraud_*'], ['fraud_detection', 'board'], 'board'],
    [['fraud_*'], [], ''],
    [['*_stats', 'board'], ['customer_stats', 'board'], undefined],
    [['a*b*c'], ['a_b_c', 'abc'], undefined],
    [['a*b*c'], ['acb'], 'acb'],
    [['a*a'], ['a'], 'a'],
    [['.*'], ['x'], 'x'],
  ])('limited to %j may name %j, but for %s', (patterns, names, refused) => {
    expect(nameNotAllowed({ ...KEY, patterns }, names)).toBe(refused);
  });
});
