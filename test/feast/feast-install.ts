import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../tools/launch/repository.js';

/** The version whose client was read for feast-http.md and whose answers the double imitates. */
const VERSION = '0.67.0';
/** With its Redis store, which the benchmark's server reads. */
const REQUIREMENT = `feast[redis]==${VERSION}`;
const FOLDER = path.join(repositoryRoot, '.millrace', `venv-feast-redis-${VERSION}`);

/** Real Feast, from PyPI. */
export interface FeastInstall {
  /** The program `feast`. */
  readonly program: string;
  /** For the environment of whatever runs it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a Python program with Feast at hand; answers its exit code. */
  python(
    programArguments: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<number>;
}

/** A virtual environment of this repository's own; kept, because the install takes a minute. */
export async function installFeast(say: (line: string) => void): Promise<FeastInstall> {
  const python = path.join(FOLDER, 'bin', 'python');
  // Feast asks home for usage statistics unless told not to.
  const environment = { FEAST_USAGE: 'False', PYTHONWARNINGS: 'ignore' };
  const marker = path.join(FOLDER, 'installed');
  if (!existsSync(marker)) {
    say(`installing ${REQUIREMENT} into ${path.relative(repositoryRoot, FOLDER)} …`);
    const steps: [string, string[]][] = [
      ['python3', ['-m', 'venv', '--clear', FOLDER]],
      [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', REQUIREMENT]],
      [python, ['-c', `open(${JSON.stringify(marker)}, "w").close()`]],
    ];
    for (const [program, programArguments] of steps) {
      const code = await run(program, programArguments, environment);
      if (code !== 0) throw new Error(`${program} ${programArguments.join(' ')} exited ${code}`);
    }
  }
  return {
    program: path.join(FOLDER, 'bin', 'feast'),
    environment,
    python: (programArguments, more = {}) => run(python, programArguments, { ...environment, ...more }),
  };
}

function run(
  program: string,
  programArguments: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, {
      env: { ...process.env, ...environment },
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
