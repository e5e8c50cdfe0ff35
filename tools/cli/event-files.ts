/** Events from NDJSON or CSV, line by line, so that a file of any size needs the memory of one batch. */
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { FeatureType } from '@millrace/core';
import type { Address } from './api-client.js';
import { CommandFailed } from './command-failed.js';
import { kindOf } from './kinds.js';
import { jsonText } from './output.js';
import { readDefinition } from './registry-api.js';
import type { Session } from './session.js';

type EventFormat = 'ndjson' | 'csv';

interface EventOptions {
  readonly batch: number;
  readonly format?: EventFormat;
}

const BATCH_MAX = 10_000;

const batchOption = (what: string): Option =>
  new Option('--batch <count>', `${what} per request`).default(1_000).argParser((text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= BATCH_MAX) return count;
    throw new InvalidArgumentError(`a whole number from 1 to ${BATCH_MAX} is needed`);
  });

/**
 * Makes a command take a source and a file of what is for it.
 * @param what `events` or `rows`
 * @param act gets the lines as JSON, batch by batch
 */
export function takesEvents(
  command: Command,
  session: Session,
  what: string,
  act: (source: string, batches: AsyncIterable<readonly string[]>) => Promise<void>,
): void {
  command
    .argument('<source>')
    .argument('[file]', 'NDJSON, or CSV with a head line; - or nothing for standard input', '-')
    .addOption(batchOption(what))
    .addOption(new Option('--format <format>', 'else by the ending of the file').choices(['ndjson', 'csv']))
    .action(async (source: string, file: string, { batch, format }: EventOptions) => {
      const chosen = format ?? formatOf(file);
      const types = chosen === 'csv' ? await fieldTypes(session.api(), source) : {};
      await act(source, batchesOf(eventLines(file, chosen, types), batch));
    });
}

/** By the file's ending; standard input is NDJSON unless said otherwise. */
function formatOf(file: string): EventFormat {
  return path.extname(file).toLowerCase() === '.csv' ? 'csv' : 'ndjson';
}

/** What CSV is read by: the types of the source's fields. */
async function fieldTypes(api: Address, source: string): Promise<Record<string, FeatureType>> {
  const { stored } = await readDefinition(api, kindOf('source'), source);
  return stored.definition.kind === 'Source' ? stored.definition.fields : {};
}

/** Lines in batches of one size, the last one with what is left. */
async function* batchesOf(lines: AsyncIterable<string>, size: number): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const line of lines) {
    if (batch.push(line) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Each event as a line of JSON. */
async function* eventLines(
  file: string,
  format: EventFormat,
  types: Readonly<Record<string, FeatureType>>,
): AsyncGenerator<string> {
  if (file !== '-' && !fs.statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new CommandFailed(`there is no file ${file}`);
  const input = file === '-' ? process.stdin : fs.createReadStream(file);
  const lines = readline.createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let head: string[] | undefined;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    if (format === 'ndjson') yield line;
    else if (head) yield jsonText(csvEvent(head, csvCells(line), types));
    else head = csvCells(line);
  }
}

/** RFC 4180 without line breaks inside of quotes. */
export function csvCells(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i];
    if (quoted && letter === '"' && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === ',' && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += letter;
  }
  return [...cells, cell];
}

function csvEvent(
  head: readonly string[],
  cells: readonly string[],
  types: Readonly<Record<string, FeatureType>>,
): Record<string, unknown> {
  return Object.fromEntries(head.map((name, column) => [name, csvValue(cells[column] ?? '', types[name])]));
}

/** An empty cell is null. What does not read as its type goes as text: ingest rejects it and says why. */
export function csvValue(text: string, type: FeatureType | undefined): unknown {
  if (text === '') return null;
  switch (type) {
    case 'int':
      return /^-?\d{16,19}$/.test(text) ? BigInt(text) : numberOr(text);
    case 'float':
      return numberOr(text);
    case 'timestamp':
      return /^\d+$/.test(text) ? Number(text) : text;
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'int_list':
    case 'float_list':
    case 'string_list':
    case 'embedding':
      return jsonOr(text);
    default:
      return text;
  }
}

const numberOr = (text: string): number | string => (Number.isFinite(Number(text)) ? Number(text) : text);

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
