/**
 * `npm run sim -- SEED`: replays one schedule, step by step. `npm run sim -- --runs 20000 [--from 1]`: explores
 * that many; ends with the first that breaks an invariant.
 */
import { parseArgs } from 'node:util';
import { askedRun } from '../kit/asked-run.js';
import { simulate } from './simulation.js';

const RUNS_DEFAULT = 2_000;

const USAGE = `Usage: npm run sim -- SEED                      replays one schedule, step by step
       npm run sim -- [--runs N] [--from SEED]  explores N of them, default ${RUNS_DEFAULT}, and ends with the first that
                                                breaks an invariant; exit code 1 when one does`;

type Run = { readonly seed: number } | { readonly runs: number; readonly from: number };

/** @throws Error that says what was wrong. */
function readArguments(): Run | 'help' {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: text, from: text, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return 'help';
  const counted = (what: string, given: string): number => {
    if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
    throw new Error(`${what} ${given}: a whole number from 1 on is allowed`);
  };
  const [seed, ...others] = positionals;
  if (others.length > 0) throw new Error('name one seed');
  if (seed !== undefined) return { seed: counted('seed', seed) };
  return {
    runs: counted('--runs', values.runs ?? String(RUNS_DEFAULT)),
    from: counted('--from', values.from ?? '1'),
  };
}

/** Replays one schedule; answers whether all invariants held. */
async function replay(seed: number): Promise<boolean> {
  const outcome = await simulate({ seed, trace: (line) => console.log(line) });
  console.log(JSON.stringify(outcome, undefined, 2));
  return outcome.violations.length === 0;
}

/** Explores schedules; answers whether all invariants held in all of them. */
async function explore(runs: number, from: number): Promise<boolean> {
  const totals = new Map<string, number>();
  const startedMs = performance.now();
  for (let seed = from; seed < from + runs; seed++) {
    const outcome = await simulate({ seed });
    if (outcome.violations.length > 0) {
      console.error(outcome.violations.join('\n'));
      console.log(`sim seed ${seed} broken: npm run sim -- ${seed}`);
      return false;
    }
    for (const [what, count] of Object.entries(outcome.happened)) {
      totals.set(what, (totals.get(what) ?? 0) + count);
    }
  }
  const figures = Array.from(totals, ([what, total]) => `${what} ${total}`);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  console.log(`sim runs ${runs} violations 0 in ${seconds} s ${figures.join(' ')}`);
  return true;
}

const run = askedRun(readArguments, USAGE);
process.exit((await ('seed' in run ? replay(run.seed) : explore(run.runs, run.from))) ? 0 : 1);
