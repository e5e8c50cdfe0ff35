import { spawn } from 'node:child_process';

/** How much of a failed step's output is shown: enough for npm's and the compiler's reports. */
const LOG_LINES_SHOWN = 120;

export class StepFailed extends Error {}

/** Runs one step of the set-up: says that it runs, how long it took, and prints its log if it fails. */
export async function runStep(title, command, argumentList, { cwd, env = process.env }) {
  const started = performance.now();
  process.stderr.write(`  ${title} …\n`);
  const { code, output } = await run(command, argumentList, { cwd, env });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  if (code === 0) {
    process.stderr.write(`  ${title}: done in ${seconds} s\n`);
    return;
  }
  const lines = output.trimEnd().split('\n');
  process.stderr.write(`${lines.slice(-LOG_LINES_SHOWN).join('\n')}\n\n`);
  const what = `${command} ${argumentList.join(' ')}`;
  process.stderr.write(
    `${title} failed after ${seconds} s: \`${what}\` ended with ${code}; its log is above.\n`,
  );
  throw new StepFailed(title);
}

function run(command, argumentList, options) {
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(command, argumentList, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: error.message, output: Buffer.concat(chunks).toString() }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString() }),
    );
  });
}
