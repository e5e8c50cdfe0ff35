import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration, type PlanSpread } from '@millrace/core';
import type { Changed, ChangeSet } from '@millrace/registry';
import { call, Refusal } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { readDefinitionSources, type DefinitionFiles } from '../definition-files.js';
import { faultReport, faultsOf } from '../fault-report.js';
import { formatted } from '../output.js';
import type { Session } from '../session.js';

interface ApplyOptions {
  readonly filename?: readonly string[];
  readonly prune?: boolean;
  readonly output: 'text' | 'json' | 'yaml';
}

interface Waiting {
  readonly wait?: boolean;
  readonly timeout: number;
}

type Applied = ChangeSet & {
  readonly dryRun: boolean;
  readonly revision: number;
  readonly published: boolean;
  readonly running?: PlanSpread;
};

export function addApply(program: Command, session: Session): void {
  withFileOptions(program.command('apply'))
    .description('register the definitions of files: all of them or, where one is wrong, none')
    .option('--dry-run', 'only show what would change')
    .option('--wait', 'return when every live process runs the new plan; exit code 1 if one does not')
    .addOption(
      new Option('--timeout <length>', 'how long to wait, at most 50s')
        .default(30_000, '30s')
        .argParser(lengthOfTime),
    )
    .action(async (paths: string[], options: ApplyOptions & Waiting & { dryRun?: boolean }) => {
      const waiting = options.wait === true ? { waitMs: options.timeout } : {};
      await run(session, paths, options, { dryRun: options.dryRun === true, ...waiting });
    });
  withFileOptions(program.command('plan'))
    .description('show what apply would change, and change nothing')
    .action(async (paths: string[], options: ApplyOptions) => {
      await run(session, paths, options, { dryRun: true });
    });
}

function withFileOptions(command: Command): Command {
  return command
    .argument('[paths...]', 'YAML, JSON, TypeScript or JavaScript files, folders, or - for standard input')
    .option('-f, --filename <path...>', 'the same, as kubectl has it')
    .option('--prune', 'remove what the files do not hold')
    .addOption(
      new Option('-o, --output <format>', 'text, json or yaml')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    );
}

async function run(
  session: Session,
  paths: readonly string[],
  options: ApplyOptions,
  { dryRun, waitMs }: { readonly dryRun: boolean; readonly waitMs?: number },
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
    ...(waitMs !== undefined && { wait: true, timeoutMs: waitMs }),
  };
  const request = { method: 'POST', body, ...(waitMs !== undefined && { waitMs }) } as const;
  const answer = await call(session.api(), '/v1/apply', request).catch((error: unknown) => {
    throw explained(error, files);
  });
  const applied = answer.body as Applied;
  const { output } = options;
  session.terminal.out(output === 'text' ? changeReport(applied) : formatted(applied, output));
  if (applied.running?.everywhere === false) throw new CommandFailed(notEverywhere(applied.running));
}

function lengthOfTime(text: string): number {
  const lengthMs = parseDuration(text);
  if (lengthMs === undefined) throw new InvalidArgumentError('write it like 30s or 500ms');
  return lengthMs;
}

function notEverywhere({ behind, processes }: PlanSpread): string {
  if (processes === 0) return 'the plan is registered, but no process said that it runs it';
  return [
    `the plan is registered, but ${behind.length} of ${processes} processes do not run it:`,
    ...behind.map(({ kind, id, reason }) => `  ${kind} ${id}: ${reason}`),
  ].join('\n');
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
  const arrived = applied.running?.everywhere
    ? [`running in all ${applied.running.processes} processes`]
    : [];
  return [...lines, '', outcome, ...waiting, ...arrived].join('\n');
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
