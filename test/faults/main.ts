/**
 * `npm run faults -- F1 [F3 …|all] [--rounds N] [--rate EVENTS_PER_SECOND] [--workers N] [--seed N]`: brings faults about in
 * real processes and prints one line of figures for each. The exit code says whether all of them held.
 */
import { parseArgs } from 'node:util';
import { askedRun } from '../kit/asked-run.js';
import type { FaultOptions, FaultTest } from './fault-test.js';
import { killWorkers } from './f01-kill-workers.js';
import { crashBetweenSteps } from './f02-crash-between-steps.js';
import { pauseWorkers } from './f03-pause-workers.js';
import { killRedis } from './f04-kill-redis.js';
import { damageFile } from './f05-damage-file.js';
import { cutNetwork } from './f07-cut-network.js';
import { dropReplies } from './f08-drop-replies.js';
import { repeatEvents } from './f09-repeat-events.js';
import { lateEvents } from './f10-late-events.js';
import { scaleWorkers } from './f11-scale.js';
import { wrongClocks } from './f12-wrong-clocks.js';
import { poison } from './f13-poison.js';
import { fullMailboxes } from './f14-full-mailboxes.js';
import { fullMemory } from './f15-full-memory.js';
import { slowRedis } from './f16-slow-redis.js';
import { hostileInput } from './f17-hostile-input.js';
import { slowClients } from './f18-slow-clients.js';
import { accessOfEveryRoute } from './f19-access.js';
import { rollingDeploy } from './f23-drain.js';
import { postgresAway } from './f24-postgres-away.js';

const TESTS: readonly FaultTest[] = [
  killWorkers,
  crashBetweenSteps,
  pauseWorkers,
  killRedis,
  damageFile,
  cutNetwork,
  dropReplies,
  repeatEvents,
  lateEvents,
  scaleWorkers,
  wrongClocks,
  poison,
  fullMailboxes,
  fullMemory,
  slowRedis,
  hostileInput,
  slowClients,
  accessOfEveryRoute,
  rollingDeploy,
  postgresAway,
];

const USAGE = [
  'Usage: npm run faults -- <F…|all> [--rounds N] [--rate EVENTS_PER_SECOND] [--workers N] [--seed N]',
  'One line of figures for each on standard output, what happens meanwhile on standard error; exit code 1 when one fails.',
  ...TESTS.map(({ name, about }) => `  ${name.padEnd(4)} ${about}`),
].join('\n');

interface Run extends Omit<FaultOptions, 'say'> {
  readonly tests: readonly FaultTest[];
}

/** @throws Error that says what was wrong. */
function readArguments(): Run | 'help' {
  const number = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: number,
      rate: number,
      workers: number,
      seed: number,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const unknown = positionals.filter((asked) => asked !== 'all' && !TESTS.some(({ name }) => name === asked));
  if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(', ')}`);
  if (positionals.length === 0) throw new Error('name some faults, or all');
  const counted = (option: 'rounds' | 'rate' | 'workers' | 'seed'): number | undefined => {
    const text = values[option];
    if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
    throw new Error(`--${option} ${text}: a whole number from 1 on is allowed`);
  };
  const [rounds, rate, workers] = [counted('rounds'), counted('rate'), counted('workers')];
  return {
    tests: TESTS.filter(({ name }) => positionals.includes(name) || positionals.includes('all')),
    seed: counted('seed') ?? Date.now() % 1_000_000,
    ...(rounds !== undefined && { rounds }),
    ...(rate !== undefined && { eventsPerSecond: rate }),
    ...(workers !== undefined && { workers }),
  };
}

/** Brings about one fault after the other; answers how many tests failed. */
async function runAll({ tests, ...options }: Run): Promise<number> {
  const startedMs = performance.now();
  const minutes = (): string => `${((performance.now() - startedMs) / 60_000).toFixed(1)} min`;
  console.error(`seed ${options.seed}`);
  let failed = 0;
  for (const [done, test] of tests.entries()) {
    console.error(`[${done + 1} of ${tests.length}, ${minutes()}] ${test.name}: ${test.about}`);
    const outcome = await test
      .run({ ...options, say: (line) => console.error(`  ${line}`) })
      .catch((error: unknown) => {
        // One that could not be brought to its end must not keep the others from their turn.
        console.error(error);
        return { figures: `not finished: ${String(error).split('\n')[0]}`, passed: false };
      });
    console.log(`${test.name} ${outcome.figures}${outcome.passed ? '' : ' FAILED'}`);
    if (!outcome.passed) failed++;
  }
  console.error(`${tests.length} faults in ${minutes()}, ${failed} failed`);
  return failed;
}

const run = askedRun(readArguments, USAGE);
process.exit((await runAll(run)) === 0 ? 0 : 1);
