import { expect, it } from 'vitest';
import { parseExactJson } from '../api/exact-json.js';
import { exactText, shortText } from './value-text.js';

/** Node 20 passes revivers no source: there, as in an old browser, numbers are plain doubles. */
const readsSources =
  JSON.parse('3.0', (_key, _value, context?: { source?: string }) => context?.source) === '3.0';

it.each([
  ['-0.2727272727272727', '-0.2727'],
  ['0.5', '0.5'],
  ['1302', '1302'],
  ['0.00001234567', '0.000012346'],
  ['[1.123456, null, 3, 4, 5, 6, 7]', '[1.1235, null, 3, 4, 5, … 2 more]'],
  ['{"a":1,"b":2.000001}', '{a: 1, b: 2.0000}'],
  ['"SJC"', 'SJC'],
  ['true', 'true'],
])('%s is shown as %s', (json, text) => {
  expect(shortText(parseExactJson(json))).toBe(text);
});

it('the exact text of a list keeps every digit and quotes texts', () => {
  expect(exactText(parseExactJson('[0.1234567,"a, b",null]'))).toBe('[0.1234567, "a, b", null]');
});

it.runIf(readsSources)('integers beyond 2^53 keep every digit, and floats stay floats', () => {
  expect(exactText(parseExactJson('9007199254740993'))).toBe('9007199254740993');
  expect(shortText(parseExactJson('3.0'))).toBe('3.0');
});
