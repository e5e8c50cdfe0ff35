/**
 * The command line: `npx millrace <command>`. Exit codes: 0 done, 1 refused or failed, 2 called wrongly.
 * Messages are for people; `-o json` gives what the api answered.
 */
import { runCommandLine } from './program.js';

process.exitCode = await runCommandLine(process.argv.slice(2), process.env, {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
});
