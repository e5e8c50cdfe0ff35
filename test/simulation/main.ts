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

const totals = { steps: 0, commits: 0, refused: 0, crashes: 0, pauses: 0 };
const from = Number(values.from);
for (let run = from; run < from + Number(values.runs); run++) {
  const outcome = await simulate({ seed: run });
  if (outcome.violations.length > 0) {
    console.error(outcome.violations.join('\n'));
    console.log(`sim seed ${run} broken: npm run sim -- ${run}`);
    process.exit(1);
  }
  for (const name of ['steps', 'commits', 'refused', 'crashes', 'pauses'] as const) {
    totals[name] += outcome[name];
  }
}
const figures = Object.entries(totals).map(([name, total]) => `${name} ${total}`);
console.log(`sim runs ${values.runs} violations 0 ${figures.join(' ')}`);
process.exit(0);
