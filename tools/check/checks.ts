import { spawn } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from '../launch/repository.js';

interface Check {
  readonly name: string;
  /** Files below node_modules, run by this Node, so that no PATH decides which version runs. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** What a person types to repair what the check found. */
  readonly repair?: string;
}

const CHECKS: readonly Check[] = [
  {
    name: 'types',
    program: 'typescript7/bin/tsc',
    arguments: ['--noEmit', '-p', 'tsconfig.json'],
  },
  {
    name: 'types of the page',
    program: 'typescript7/bin/tsc',
    arguments: ['--noEmit', '-p', 'apps/api/page/tsconfig.json'],
  },
  {
    name: 'lint',
    program: 'oxlint/bin/oxlint',
    arguments: ['--type-aware', '--quiet'],
    repair: 'npx oxlint --type-aware --fix',
  },
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    arguments: ['--check', '--log-level', 'warn', '.'],
    repair: 'npx prettier --write .',
  },
  { name: 'dead code', program: 'knip/bin/knip.js', arguments: ['--no-progress'] },
  {
    name: 'house rules',
    program: 'vitest/vitest.mjs',
    arguments: ['run', '--project', 'unit', 'test/tidy', '--reporter=dot'],
  },
];

/** As many at a time as a small machine has cores. */
const AT_A_TIME = 2;

export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
}

/** Runs every check, also after a failed one, and prints the log of each that fails. */
export async function runChecks(): Promise<CheckOutcome[]> {
  const waiting = [...CHECKS];
  const outcomes: CheckOutcome[] = [];
  const takeNext = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      outcomes.push(await runCheck(check));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, takeNext));
  return outcomes;
}

async function runCheck(check: Check): Promise<CheckOutcome> {
  const started = performance.now();
  const { passed, log } = await runProgram(check);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`  ${passed ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`);
  if (!passed) console.log(`${log.trimEnd()}\n`);
  if (!passed && check.repair !== undefined) console.log(`  to repair what can be: ${check.repair}\n`);
  return { name: check.name, passed };
}

function runProgram(check: Check): Promise<{ passed: boolean; log: string }> {
  return new Promise((resolve, reject) => {
    const program = path.join(repositoryRoot, 'node_modules', check.program);
    const child = spawn(process.execPath, [program, ...check.arguments], { cwd: repositoryRoot });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ passed: code === 0, log }));
  });
}
