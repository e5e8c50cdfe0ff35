import { Option, type Command } from 'commander';
import { parseExactJson } from '@millrace/core';
import { call, Refusal } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import {
  batchesOf,
  batchOption,
  eventLines,
  fieldTypes,
  formatOf,
  type EventFormat,
} from '../event-files.js';
import { jsonText } from '../output.js';
import { persistently } from '../persistently.js';
import type { Session } from '../session.js';

interface PushOptions {
  readonly batch: number;
  readonly format?: EventFormat;
}

export function addPush(program: Command, session: Session): void {
  program
    .command('push')
    .description('write rows of a file, or of standard input, to the feature groups of a push source')
    .argument('<source>')
    .argument('[file]', 'NDJSON, or CSV with a head line; - or nothing for standard input', '-')
    .addOption(batchOption('rows per request'))
    .addOption(new Option('--format <format>', 'else by the ending of the file').choices(['ndjson', 'csv']))
    .action(async (source: string, file: string, { batch, format }: PushOptions) => {
      const chosen = format ?? formatOf(file);
      const types = chosen === 'csv' ? await fieldTypes(session.api(), source) : {};
      let pushed = 0;
      for await (const lines of batchesOf(eventLines(file, chosen, types), batch)) {
        const rows = lines.map((line, i) => rowOf(line, pushed + i + 1));
        const body = jsonText({ push_source_name: source, df: columnsOf(rows), to: 'online' });
        // Rows of the same time take the place of each other: to push them twice changes nothing.
        await persistently(() =>
          call(session.api(), '/push', {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json' },
          }),
        ).catch((error: unknown) => {
          throw told(error);
        });
        pushed += rows.length;
        session.terminal.err(`${pushed} pushed`);
      }
      session.terminal.out(`${pushed} rows pushed`);
    });
}

/** The route is Feast's, and so are its refusals: JSON within a JSON string. */
function told(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  try {
    const { message } = JSON.parse(String(JSON.parse(error.message))) as { readonly message?: unknown };
    return typeof message === 'string' ? new CommandFailed(message) : error;
  } catch {
    return error;
  }
}

type Row = Readonly<Record<string, unknown>>;

function rowOf(line: string, number: number): Row {
  let row: unknown;
  try {
    row = parseExactJson(line);
  } catch {
    throw new CommandFailed(`row ${number} is not valid JSON: ${line.slice(0, 80)}`);
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Row;
  throw new CommandFailed(`row ${number} must be a JSON object, got ${line.slice(0, 80)}`);
}

/** A row that lacks a column of another has null there. */
function columnsOf(rows: readonly Row[]): Record<string, unknown[]> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return Object.fromEntries([...names].map((name) => [name, rows.map((row) => row[name] ?? null)]));
}
