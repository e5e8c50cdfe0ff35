import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from './json.js';

/** What JSON.parse makes of integers that we keep. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}

describe('parseExactJson', () => {
  it('keeps an integer beyond 2^53 to the last digit', () => {
    expect(parseExactJson('{"a":9007199254740993,"b":[-9223372036854775808]}')).toEqual({
      a: 9007199254740993n,
      b: [-9223372036854775808n],
    });
  });

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(rounded(parseExactJson(text))).toEqual(JSON.parse(text));
        // Forces the slow parser over the same text.
        expect(rounded(parseExactJson(`[${text}, 9007199254740993]`))).toEqual([JSON.parse(text), 2 ** 53]);
      }),
    );
  });

  it('refuses what is no JSON, also beside a long number', () => {
    for (const text of [
      '',
      '{',
      '{"a":9007199254740993',
      '[9007199254740993,]',
      'NaN',
      '[01, 9007199254740993]',
    ]) {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    }
  });

  it('survives nesting that no stack holds, and integers that no type holds', () => {
    const deep = '['.repeat(100_000) + '9007199254740993' + ']'.repeat(100_000);
    expect(Array.isArray(parseExactJson(deep))).toBe(true);
    expect(parseExactJson(`[${'9'.repeat(400)}]`)).toEqual([Infinity]);
  });

  it('takes the last of a repeated key, and `__proto__` as a key like any other', () => {
    expect(parseExactJson('{"a":1,"a":9007199254740993}')).toEqual({ a: 9007199254740993n });
    const parsed = parseExactJson('{"__proto__":{"polluted":1},"a":9007199254740993}') as object;
    expect('polluted' in {}).toBe(false);
    expect(Object.hasOwn(parsed, 'a')).toBe(true);
  });
});
