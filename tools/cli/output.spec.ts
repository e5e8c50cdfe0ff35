import { expect, it } from 'vitest';
import { parseExactJson } from '@millrace/core';
import { formatted, jsonText } from './output.js';

it('integers that a double cannot hold keep their digits', () => {
  const value = parseExactJson('{"order_id":9007199254740993}');
  expect(jsonText(value)).toBe('{"order_id":9007199254740993}');
  expect(formatted(value, 'json')).toBe('{\n  "order_id": 9007199254740993\n}');
  expect(formatted(value, 'yaml')).toBe('order_id: 9007199254740993');
});
