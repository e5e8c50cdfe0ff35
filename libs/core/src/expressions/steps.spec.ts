import { expect, it } from 'vitest';
import type { Column } from '../events/columns.js';
import type { AggregatedGroupPlan, SourcePlan } from '../plan/plan.js';
import { compileRowProgram, type RowProgramResult } from './row-program.js';
import { STEPS_PER_EVENT_MAX } from './steps.js';

const SOURCE: SourcePlan = {
  name: 'notes',
  version: 1,
  type: 'stream',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'digits', type: 'string' },
    { name: 'numbers', type: 'float_list' },
    { name: 'at', type: 'timestamp' },
  ],
  timestampField: 'at',
};
/** As long as ingest lets fields be; the second row is short. */
const COLUMNS: Readonly<Record<string, Column>> = {
  text: { kind: 'string', values: ['a'.repeat(65_535), 'a'] },
  digits: { kind: 'string', values: [`${'1'.repeat(65_535)}x`, '1'] },
  numbers: { kind: 'list', values: [Array.from({ length: 4_096 }, (_, i) => i), [1, 2]] },
};
/** Work that nothing counted would take seconds to minutes here. */
const AT_ONCE_MS = 500;

/** Runs derived columns over both rows: texts where their name begins with `text`, else numbers. */
function run(derive: Readonly<Record<string, string>>): RowProgramResult {
  const group: AggregatedGroupPlan = {
    kind: 'aggregated',
    name: 'g',
    version: 1,
    entity: 'e',
    source: 'notes',
    keyFields: [],
    derive: Object.entries(derive).map(([name, expression]) => {
      return { name, type: name.startsWith('text') ? 'string' : 'float', expression };
    }),
    inputs: [],
    filters: [],
    windows: [],
    features: [],
    budget: 128,
    resolution: 1 / 64,
  };
  const column = (name: string): Column | undefined => COLUMNS[name];
  return compileRowProgram(group, SOURCE).run({ size: 2, eventTime: Float64Array.of(0, 0), column });
}

const doubled = { text0: 'text + text' } as Record<string, string>;
for (let i = 1; i < 15; i++) doubled[`text${i}`] = `text${i - 1} + text${i - 1}`;
const capitals = Array.from({ length: 50 }, () => 'size(upper(text))');

it.each<readonly [string, Readonly<Record<string, string>>]>([
  ['a text that is joined to itself again and again', doubled],
  ['a list that is looked through at each element of a list', { n: 'size(numbers.filter(n, n in numbers))' }],
  ['vectors at each element of a list', { n: 'sum(numbers.map(n, dot(numbers, numbers)))' }],
  ['a search at each character', { n: 'size(split(text, "").filter(c, contains(text, "b" + c)))' }],
  ['one text in capital letters fifty times', { n: capitals.join(' + ') }],
  ['fifty columns with a text in capital letters', Object.fromEntries(capitals.entries())],
])('stops %s, for that event alone', (_what, derive) => {
  const startedMs = performance.now();
  const { faults, include } = run(derive);
  const stopped = expect.stringContaining(`more than ${STEPS_PER_EVENT_MAX} steps`) as string;
  expect([...faults]).toEqual([[0, stopped]]);
  expect([...include]).toEqual([0, 1]);
  expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
});

it.each([
  'size(lower(text))',
  'size(numbers.filter(n, n > 10.0 && n < 4000.0))',
  'size(split(text, ","))',
  'cosine_similarity(numbers, numbers)',
])('lets %s be computed with the longest values', (expression) => {
  expect([...run({ n: expression }).faults]).toEqual([]);
});

it('refuses 64 KiB of digits and a letter as a number at once, and shows where they begin', () => {
  const startedMs = performance.now();
  const { faults } = run({ n: 'double(digits)' });
  expect(faults.get(0)).toMatch(/^double: cannot read "1{80}…" as a number$/);
  expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
});
