import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAMES = ['redis-server', 'valkey-server'];
/** apt-get of two runs, or of the system's own updater, at the same time: wait for it instead of failing. */
const APT = ['-o', 'DPkg::Lock::Timeout=120'];

const INSTALL_BY_HAND = [
  'No Redis was found, and it cannot be installed here without asking you. Type one of',
  '    sudo apt-get install redis-server        (Debian, Ubuntu)',
  '    brew install redis                       (macOS)',
  'or name a running one:',
  '    REDIS_URL=redis://host:6379 npm run …',
].join('\n');

/** The path of a Redis or Valkey server: found on the PATH, else installed where that needs no question. */
export async function redisBinary(say: (line: string) => void): Promise<string> {
  const found = await onPath(NAMES);
  if (found !== undefined) return found;
  const installs = await possibleInstalls();
  for (const { title, steps } of installs) {
    say(title);
    const log = await runSteps(steps);
    const installed = await onPath(NAMES);
    if (installed !== undefined) return installed;
    say(`${title} failed:\n${log}`);
  }
  throw new Error(INSTALL_BY_HAND);
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

async function possibleInstalls(): Promise<Install[]> {
  if ((await onPath(['apt-get'])) !== undefined) {
    const privilege = await rootPrivilege();
    if (privilege !== undefined) {
      return [
        {
          title: 'installing Redis (apt-get install redis-server) …',
          steps: [
            [...privilege, 'apt-get', ...APT, 'update', '-qq'],
            [
              ...privilege,
              'apt-get',
              ...APT,
              'install',
              '-y',
              '-qq',
              '--no-install-recommends',
              'redis-server',
            ],
          ],
        },
      ];
    }
  }
  if ((await onPath(['brew'])) !== undefined) {
    return [{ title: 'installing Redis (brew install redis) …', steps: [['brew', 'install', 'redis']] }];
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
