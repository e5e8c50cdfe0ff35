import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** apt-get of two runs, or of the system's own updater, at the same time: wait for it instead of failing. */
const APT = ['-o', 'DPkg::Lock::Timeout=120'];

/** A program that this repository starts and npm does not bring. */
export interface SystemProgram {
  /** For people: `Redis`. */
  readonly title: string;
  /** What it may be called; the first that is found is taken. */
  readonly names: readonly string[];
  readonly debianPackage: string;
  /** Absent where Homebrew installs none by itself. */
  readonly brewFormula?: string;
  /** What a person types where it cannot be installed without a question. */
  readonly byHand: string;
}

/** The path of the program: found on the PATH, else installed where that needs no question. */
export async function systemProgram(program: SystemProgram, say: (line: string) => void): Promise<string> {
  const found = await onPath(program.names);
  if (found !== undefined) return found;
  const installs = await possibleInstalls(program);
  for (const { title, steps } of installs) {
    say(`${title} …`);
    const log = await runSteps(steps);
    const installed = await onPath(program.names);
    if (installed !== undefined) return installed;
    say(`${title} failed:\n${log}`);
  }
  throw new Error(program.byHand);
}

async function onPath(names: readonly string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const name of names) {
    for (const folder of folders) {
      const candidate = path.join(folder, name);
      if (await isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Install {
  readonly title: string;
  readonly steps: readonly (readonly [command: string, ...rest: string[]])[];
}

async function possibleInstalls({ title, debianPackage, brewFormula }: SystemProgram): Promise<Install[]> {
  const privilege = (await onPath(['apt-get'])) === undefined ? undefined : await rootPrivilege();
  if (privilege !== undefined) {
    const install = ['install', '-y', '-qq', '--no-install-recommends', debianPackage];
    return [
      {
        title: `installing ${title} (apt-get install ${debianPackage})`,
        steps: [
          [...privilege, 'apt-get', ...APT, 'update', '-qq'],
          [...privilege, 'apt-get', ...APT, ...install],
        ],
      },
    ];
  }
  if (brewFormula !== undefined && (await onPath(['brew'])) !== undefined) {
    return [
      {
        title: `installing ${title} (brew install ${brewFormula})`,
        steps: [['brew', 'install', brewFormula]],
      },
    ];
  }
  return [];
}

/** What goes in front of a command to run it as root without a question; undefined where nothing does. */
async function rootPrivilege(): Promise<['env', string] | ['sudo', '-n', 'env', string] | undefined> {
  const quiet = 'DEBIAN_FRONTEND=noninteractive';
  if (process.getuid?.() === 0) return ['env', quiet];
  try {
    await run('sudo', ['-n', 'true']);
    return ['sudo', '-n', 'env', quiet];
  } catch {
    return undefined;
  }
}

/** Runs all steps, also after a failed one (an update may fail for one of many mirrors); returns the log. */
async function runSteps(steps: Install['steps']): Promise<string> {
  let log = '';
  for (const [command, ...rest] of steps) {
    try {
      const { stdout, stderr } = await run(command, rest);
      log += stdout + stderr;
    } catch (error) {
      log += `${error instanceof Error ? error.message : String(error)}\n`;
    }
  }
  return log;
}
