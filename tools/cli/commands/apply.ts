import type { Command } from 'commander';
import type { Changed, ChangeSet } from '@millrace/registry';
import { call, Refusal } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { readDefinitionSources, type DefinitionFiles } from '../definition-files.js';
import { faultReport, faultsOf } from '../fault-report.js';
import type { Session } from '../session.js';

interface ApplyOptions {
  readonly filename?: readonly string[];
  readonly prune?: boolean;
  readonly output?: string;
}

type Applied = ChangeSet & {
  readonly dryRun: boolean;
  readonly revision: number;
  readonly published: boolean;
};

export function addApply(program: Command, session: Session): void {
  withFileOptions(program.command('apply'))
    .description('register the definitions of files: all of them or, where one is wrong, none')
    .option('--dry-run', 'only show what would change')
    .action(async (paths: string[], options: ApplyOptions & { dryRun?: boolean }) => {
      await run(session, paths, options, options.dryRun === true);
    });
  withFileOptions(program.command('plan'))
    .description('show what apply would change, and change nothing')
    .action(async (paths: string[], options: ApplyOptions) => {
      await run(session, paths, options, true);
    });
}

function withFileOptions(command: Command): Command {
  return command
    .argument('[paths...]', 'YAML, JSON, TypeScript or JavaScript files, folders, or - for standard input')
    .option('-f, --filename <path...>', 'the same, as kubectl has it')
    .option('--prune', 'remove what the files do not hold')
    .option('-o, --output <format>', 'json instead of text');
}

async function run(
  session: Session,
  paths: readonly string[],
  options: ApplyOptions,
  dryRun: boolean,
): Promise<void> {
  const files = await readDefinitionSources([...paths, ...(options.filename ?? [])]);
  if (files.faults.length > 0)
    throw new CommandFailed(
      files.faults.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'),
    );
  const body = {
    definitions: files.documents.map(({ value }) => value),
    dryRun,
    prune: options.prune === true,
  };
  const answer = await call(session.api(), '/v1/apply', { method: 'POST', body }).catch((error: unknown) => {
    throw explained(error, files);
  });
  const applied = answer.body as Applied;
  session.terminal.out(options.output === 'json' ? JSON.stringify(applied, null, 2) : changeReport(applied));
}

function explained(error: unknown, files: DefinitionFiles): unknown {
  if (!(error instanceof Refusal) || error.problem['code'] !== 'INVALID_DEFINITION') return error;
  const faults = faultsOf(error.problem);
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new CommandFailed(`${faultReport(faults, files.documents)}\n\n${count}; nothing was changed`);
}

function changeReport(applied: Applied): string {
  const lines = [
    ...applied.created.map(({ kind, name, version }) => `+ ${kind}/${name} created at version ${version}`),
    ...applied.changed.flatMap(changedLines),
    ...applied.removed.map(({ kind, name, version }) => `- ${kind}/${name} removed (version ${version})`),
    ...applied.unchanged.map(({ kind, name }) => `  ${kind}/${name} unchanged`),
  ];
  const summary =
    `${applied.created.length} created, ${applied.changed.length} changed, ` +
    `${applied.unchanged.length} unchanged, ${applied.removed.length} removed`;
  const outcome = applied.dryRun
    ? `would be: ${summary} (registry at revision ${applied.revision})`
    : `${summary}; registry at revision ${applied.revision}`;
  const waiting =
    applied.dryRun || applied.published ? [] : ['Redis does not answer: it gets the plan when it does'];
  return [...lines, '', outcome, ...waiting].join('\n');
}

function changedLines({ kind, name, from, to, inPlace, reasons, services, effect }: Changed): string[] {
  const what = inPlace ? `changed in place (version ${from})` : `changed: version ${from} → ${to}`;
  return [
    `~ ${kind}/${name} ${what}`,
    ...reasons.map((reason) => `      ${reason}`),
    `      effect: ${effect}`,
    ...(services.length > 0 ? [`      services: ${services.join(', ')}`] : []),
  ];
}
