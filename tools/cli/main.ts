/**
 * The command line: `npx millrace <command>`. Exit codes: 0 done, 1 refused or failed, 2 called wrongly.
 * Messages are for people; `-o json` gives what the api answered.
 */
import { Command, CommanderError } from 'commander';
import { Refusal, Unreachable, type Address } from './api-client.js';
import { CommandFailed } from './command-failed.js';
import { addApply } from './commands/apply.js';
import { NothingToRead } from './definition-files.js';

const program = new Command('millrace')
  .description('Register definitions, send events and read features of a running Millrace')
  .option('--api <url>', 'address of the api app', process.env['MILLRACE_API_URL'] ?? 'http://127.0.0.1:6566')
  .option('--api-key <key>', 'key to call with; by default MILLRACE_API_KEY')
  .showHelpAfterError('(see millrace --help)')
  .exitOverride();

const address = (): Address => {
  const { api, apiKey } = program.opts<{ api: string; apiKey?: string }>();
  return { url: api, apiKey: apiKey ?? process.env['MILLRACE_API_KEY'] };
};

addApply(program, address);
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Refusal) {
    const code = String(error.problem['code'] ?? error.status);
    console.error(`${code}: ${error.message}`);
    return 1;
  }
  if (error instanceof CommandFailed || error instanceof Unreachable || error instanceof NothingToRead) {
    console.error(error.message);
    return 1;
  }
  throw error;
}
