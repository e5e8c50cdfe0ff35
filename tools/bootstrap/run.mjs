/**
 * The entry of every npm script. Plain JavaScript without dependencies, because it runs before there are any:
 * it installs the packages when they are missing or differ from the lock, builds when a source changed, and
 * then becomes the task: the task runs in this very process, so that a signal meant for it reaches it.
 *
 *     node tools/bootstrap/run.mjs <task> [arguments of the task]
 */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildIsFresh, build } from './build.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesAreFresh } from './packages.mjs';
import { StepFailed } from './step.mjs';
import { stopWithParent } from './stop-with-parent.mjs';

/** Task → its entry below dist/; `null` for a task that is done when the set-up is. */
const TASKS = {
  build: null,
  demo: 'tools/demo/main.js',
  start: 'tools/start/main.js',
  check: 'tools/check/main.js',
  test: 'tools/test/main.js',
  'test:feast': 'test/feast/main.js',
  bench: 'bench/main.js',
  faults: 'test/faults/main.js',
  sim: 'test/simulation/main.js',
  fuzz: 'test/fuzz/main.js',
  millrace: 'tools/cli/main.js',
};

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const [task, ...taskArguments] = process.argv.slice(2);

if (task === undefined || !Object.hasOwn(TASKS, task)) {
  console.error(`Usage: npm run <task>, where the task is one of: ${Object.keys(TASKS).join(', ')}.`);
  process.exit(2);
}

try {
  await setUp();
  if (TASKS[task] !== null) await become(path.join(root, 'dist', TASKS[task]), taskArguments);
} catch (error) {
  // A failed step has already printed the log that explains it.
  if (!(error instanceof StepFailed)) console.error(error);
  process.exitCode = 1;
}

/** Two runs in one clone must not install or build over each other, so both happen under one lock. */
async function setUp() {
  if (packagesAreFresh(root) && buildIsFresh(root)) return;
  await withLock(path.join(root, '.millrace', 'set-up.lock'), async () => {
    if (!packagesAreFresh(root)) await installPackages(root);
    if (!buildIsFresh(root)) await build(root);
  });
}

async function become(entry, argumentsOfTask) {
  stopWithParent();
  process.setSourceMapsEnabled(true);
  process.argv = [process.argv[0], entry, ...argumentsOfTask];
  await import(pathToFileURL(entry).href);
}
