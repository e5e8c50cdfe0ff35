import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkScenario, scenarios } from '../../../../test/oracle/scenario.js';

test('every value is the naive one, or inside the bound that its evidence declares', () => {
  const tried = scenarios({
    kinds: ['count', 'sum', 'mean', 'min', 'max', 'stddev', 'variance', 'first', 'last'],
    windows: ['sliding', 'lifetime', 'tumbling', 'session', 'records'],
    stepsMax: 120,
  });
  const report = fc.check(fc.property(tried, checkScenario), { numRuns: 10_000 });
  expect(report.failed, fc.defaultReportMessage(report) ?? '').toBe(false);
});
