/**
 * `npm test`: the checks, then every test of every project. Arguments go to vitest, and then only vitest
 * runs: `npm test -- --project unit libs/core`. The last line counts checks and tests together.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runChecks, type CheckOutcome } from '../check/checks.js';
import { repositoryRoot } from '../launch/repository.js';

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
}

const vitestArguments = process.argv.slice(2);
const checks = vitestArguments.length === 0 ? await runChecks() : [];
const { code: vitestCode, report } = await runVitest(vitestArguments);
const passed = report.numPassedTests + checks.filter((check) => check.passed).length;
const failed = report.numFailedTests + failedChecks(checks) + brokenFiles(report, vitestCode);
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
console.log(`${passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed === 0 && vitestCode === 0 ? 0 : 1;

function failedChecks(outcomes: readonly CheckOutcome[]): number {
  return outcomes.filter((check) => !check.passed).length;
}

/** A file that cannot even be loaded fails no test, but the run; it counts as one failure. */
function brokenFiles(result: VitestReport, exitCode: number): number {
  return result.numFailedTests === 0 && exitCode !== 0 ? Math.max(1, result.numFailedTestSuites) : 0;
}

async function runVitest(extra: readonly string[]): Promise<{ code: number; report: VitestReport }> {
  const folder = path.join(repositoryRoot, '.millrace');
  mkdirSync(folder, { recursive: true });
  const reportFile = path.join(folder, `vitest-${process.pid}.json`);
  const program = path.join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [program, 'run', ...reporters, ...extra], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  });
  // Ctrl-C reaches vitest as well; it stops its servers, and we report what it got to.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise<number>((resolve) =>
    child.once('close', (exitCode) => resolve(exitCode ?? 1)),
  );
  return { code, report: readReport(reportFile) };
}

function readReport(file: string): VitestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 1, numPendingTests: 0 };
  }
}
