import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkScenario } from '../../../../test/oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios } from '../../../../test/oracle/scenario.js';

/** Random definitions, streams and reads; `npm run fuzz -- windows` tries more of them, and longer ones. */
test.each([
  { cases: 18_000, stepsMax: 50 },
  { cases: 2_000, stepsMax: 160 },
])(
  'in $cases scenarios of up to $stepsMax steps every value is the naive one, or inside its declared bound',
  ({ cases, stepsMax }) => {
    const tried = scenarios({ kinds: ALL_KINDS, windows: ALL_WINDOWS, stepsMax });
    const report = fc.check(fc.property(tried, checkScenario), {
      numRuns: cases,
      includeErrorInReport: true,
    });
    expect(fc.defaultReportMessage(report)).toBeUndefined();
  },
  180_000,
);
