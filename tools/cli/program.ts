import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { repositoryRoot } from '../launch/repository.js';
import { Refusal, Unreachable, type Address } from './api-client.js';
import { CalledWrongly, CommandFailed } from './command-failed.js';
import { addApply } from './commands/apply.js';
import { addCompletion } from './commands/completion.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addDelete } from './commands/delete.js';
import { addDescribe } from './commands/describe.js';
import { addFeatures } from './commands/features.js';
import { addGet } from './commands/get.js';
import { addKeys } from './commands/keys.js';
import { addPartitions } from './commands/partitions.js';
import { addPush } from './commands/push.js';
import { addSend } from './commands/send.js';
import { NothingToRead } from './definition-files.js';
import type { Session, Terminal } from './session.js';

type Environment = Readonly<Record<string, string | undefined>>;

const COMMANDS = [
  addApply,
  addGet,
  addDescribe,
  addDelete,
  addSend,
  addPush,
  addFeatures,
  addKeys,
  addPartitions,
  addDeadLetters,
  addCompletion,
];

/** Runs one command. Answers the exit code: 0 done, 1 refused or failed, 2 called wrongly. */
export async function runCommandLine(
  argv: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  const program = createProgram(environment, terminal);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    return explain(error, terminal);
  }
}

function createProgram(environment: Environment, terminal: Terminal): Command {
  const program = new Command('millrace')
    .description('Register definitions, send events and read features of a running Millrace')
    .version(versionOfPackage(), '-V, --version')
    .option('--api <url>', 'the api app; else MILLRACE_API_URL, else http://127.0.0.1:6566')
    .option('--ingest <url>', 'the ingest app; else MILLRACE_INGEST_URL, else http://127.0.0.1:6567')
    .option('--api-key <key>', 'the key to call with; else MILLRACE_API_KEY')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows how it is called)')
    .exitOverride();
  const session = sessionOf(program, environment, terminal);
  for (const add of COMMANDS) add(program, session);
  return program;
}

function versionOfPackage(): string {
  const text = readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function sessionOf(program: Command, environment: Environment, terminal: Terminal): Session {
  const address = (option: 'api' | 'ingest', variable: string, standard: string): Address => {
    const options = program.opts<Partial<Record<'api' | 'ingest' | 'apiKey', string>>>();
    return {
      url: options[option] ?? environment[variable] ?? standard,
      apiKey: options.apiKey ?? environment['MILLRACE_API_KEY'],
    };
  };
  return {
    terminal,
    api: () => address('api', 'MILLRACE_API_URL', 'http://127.0.0.1:6566'),
    ingest: () => address('ingest', 'MILLRACE_INGEST_URL', 'http://127.0.0.1:6567'),
  };
}

/** Says what went wrong without a stack trace, which is for our faults only. */
function explain(error: unknown, terminal: Terminal): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Refusal) {
    terminal.err(`${String(error.problem['code'] ?? error.status)}: ${error.message}`);
    return 1;
  }
  if (error instanceof CommandFailed || error instanceof Unreachable || error instanceof NothingToRead) {
    terminal.err(error.message);
    return error instanceof CalledWrongly ? 2 : 1;
  }
  throw error;
}
