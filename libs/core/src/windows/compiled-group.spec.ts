import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkScenario } from '../../../../test/oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios } from '../../../../test/oracle/scenario.js';

test('every value is the naive one, or inside the bound that its evidence declares', () => {
  const tried = scenarios({ kinds: ALL_KINDS, windows: ALL_WINDOWS, stepsMax: 120 });
  const report = fc.check(fc.property(tried, checkScenario), { numRuns: 10_000, includeErrorInReport: true });
  expect(fc.defaultReportMessage(report)).toBeUndefined();
});
