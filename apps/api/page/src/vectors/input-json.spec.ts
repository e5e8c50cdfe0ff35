import { expect, it } from 'vitest';
import { inputJson } from './input-json.js';

it.each([
  ['string', 'ATL', '"ATL"'],
  ['string', '007', '"007"'],
  ['int', ' 9007199254740993 ', '9007199254740993'],
  ['int', '+7', '7'],
  ['float', '.5', '0.5'],
  ['bool', 'true', 'true'],
  ['float_list', '[1, 2.5]', '[1, 2.5]'],
])('%s typed as %s is sent as %s', (type, text, json) => {
  expect(inputJson(type, text)).toEqual({ json });
});

it.each([
  ['int', '1.5'],
  ['int', ''],
  ['float', 'many'],
  ['bool', 'yes'],
  ['embedding', '{"a":1}'],
  ['int_list', '1, 2'],
])('%s typed as %j is explained, not sent', (type, text) => {
  expect(inputJson(type, text)).toHaveProperty('fault');
});
