import type { Command } from 'commander';
import { parseExactJson } from '@millrace/core';
import { call, Refusal } from '../api-client.js';
import { CommandFailed } from '../command-failed.js';
import { takesEvents } from '../event-files.js';
import { persistently } from '../persistently.js';
import type { Session } from '../session.js';

export function addPush(program: Command, session: Session): void {
  const command = program
    .command('push')
    .description('write rows of a file, or of standard input, to the feature groups of a push source');
  takesEvents(command, session, 'rows', async (source, batches) => {
    let pushed = 0;
    for await (const lines of batches) {
      const rows = lines.map((line, i) => rowOf(line, pushed + i + 1));
      await push(session, source, rows);
      pushed += rows.length;
      session.terminal.err(`${pushed} pushed`);
    }
    session.terminal.out(`${pushed} rows pushed`);
  });
}

/** Rows of the same time take the place of each other: to push them twice changes nothing. */
async function push(session: Session, source: string, rows: readonly Row[]): Promise<void> {
  const body = { push_source_name: source, df: columnsOf(rows), to: 'online' };
  try {
    await persistently(() => call(session.api(), '/push', { method: 'POST', body }));
  } catch (error) {
    throw told(error);
  }
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
