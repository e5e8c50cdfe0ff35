import fs from 'node:fs';
import { expect, it } from 'vitest';
import { FUNCTION_NAMES, overloadsOf, signatureOf } from './functions.js';

it('docs/expressions.md lists every function with its description', () => {
  const page = fs.readFileSync(new URL('../../../../docs/expressions.md', import.meta.url), 'utf8');
  const rows = FUNCTION_NAMES.flatMap(overloadsOf).map(
    (overload) => `| \`${signatureOf(overload)}\` | ${overload.description} |`,
  );
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});
