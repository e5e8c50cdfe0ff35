/**
 * `npm run faults -- F1 [F3 …|all] [--rounds N] [--rate EVENTS_PER_SECOND] [--seed N]`: brings faults about in
 * real processes and prints one line of figures for each. The exit code says whether all of them held.
 */
import { parseArgs } from 'node:util';
import type { FaultTest } from './fault-test.js';
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, rate: { type: 'string' }, seed: { type: 'string' } },
});

const chosen = positionals.includes('all') ? TESTS : TESTS.filter(({ name }) => positionals.includes(name));
if (chosen.length === 0 || chosen.length < (positionals.includes('all') ? 1 : positionals.length)) {
  console.error('Usage: npm run faults -- <F…|all> [--rounds N] [--rate EVENTS_PER_SECOND] [--seed N]');
  for (const { name, about } of TESTS) console.error(`  ${name.padEnd(4)} ${about}`);
  process.exit(2);
}

const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.error(`seed ${seed}`);
let failed = 0;
for (const test of chosen) {
  console.error(`${test.name}: ${test.about}`);
  const outcome = await test
    .run({
      seed,
      say: (line) => console.error(`  ${line}`),
      ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
      ...(values.rate !== undefined && { eventsPerSecond: Number(values.rate) }),
    })
    .catch((error: unknown) => {
      // One that could not be brought to its end must not keep the others from their turn.
      console.error(error);
      return { figures: `not finished: ${String(error).split('\n')[0]}`, passed: false };
    });
  console.log(`${test.name} ${outcome.figures}${outcome.passed ? '' : ' FAILED'}`);
  if (!outcome.passed) failed++;
}
process.exit(failed === 0 ? 0 : 1);
