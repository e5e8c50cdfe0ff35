/**
 * `npm run sim -- SEED`: replays one schedule, step by step. `npm run sim -- --runs 20000 [--from 1]`: explores
 * that many; ends with the first that breaks an invariant.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulation.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } },
});

const [seed] = positionals;
if (seed !== undefined) {
  const outcome = await simulate({ seed: Number(seed), trace: (line) => console.log(line) });
  console.log(JSON.stringify(outcome, undefined, 2));
  process.exit(outcome.violations.length === 0 ? 0 : 1);
}

const totals = new Map<string, number>();
const startedMs = performance.now();
const from = Number(values.from);
for (let run = from; run < from + Number(values.runs); run++) {
  const outcome = await simulate({ seed: run });
  if (outcome.violations.length > 0) {
    console.error(outcome.violations.join('\n'));
    console.log(`sim seed ${run} broken: npm run sim -- ${run}`);
    process.exit(1);
  }
  for (const [what, count] of Object.entries(outcome.happened)) {
    totals.set(what, (totals.get(what) ?? 0) + count);
  }
}
const figures = Array.from(totals, ([what, total]) => `${what} ${total}`);
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(`sim runs ${values.runs} violations 0 in ${seconds} s ${figures.join(' ')}`);
process.exit(0);
