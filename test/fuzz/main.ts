/**
 * `npm run fuzz -- windows --minutes 10 [--seed 42]`: the property tests for as long as wanted, under new seeds.
 * A failure prints the seed and the smallest scenario that still fails, and exits 1.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { checkScenario } from '../oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios } from '../oracle/scenario.js';

const RUNS_PER_SEED = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (positionals.join() !== 'windows' || !(minutes > 0)) {
  console.error('Usage: npm run fuzz -- windows [--minutes 10] [--seed 42]');
  process.exit(2);
}

const until = Date.now() + minutes * 60_000;
let seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
let cases = 0;
for (; Date.now() < until; seed++) {
  // Short streams find most faults soonest; every fourth seed looks at long ones.
  const stepsMax = seed % 4 === 0 ? 400 : 80;
  const tried = scenarios({ kinds: ALL_KINDS, windows: ALL_WINDOWS, stepsMax });
  const report = fc.check(fc.property(tried, checkScenario), {
    seed,
    numRuns: RUNS_PER_SEED,
    includeErrorInReport: true,
  });
  cases += report.numRuns;
  if (report.failed) {
    console.error(fc.defaultReportMessage(report));
    console.error(`fuzz windows: seed ${seed} failed after ${cases} cases`);
    process.exit(1);
  }
}
console.log(`fuzz windows: ${cases} cases, 0 failed`);
