/** Events from NDJSON or CSV, line by line, so that a file of any size needs the memory of one batch. */
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import type { FeatureType } from '@millrace/core';
import { CommandFailed } from './command-failed.js';

export type EventFormat = 'ndjson' | 'csv';

/** By the file's ending; standard input is NDJSON unless said otherwise. */
export function formatOf(file: string): EventFormat {
  return path.extname(file).toLowerCase() === '.csv' ? 'csv' : 'ndjson';
}

/** Each event as a line of JSON. */
export async function* eventLines(
  file: string,
  format: EventFormat,
  types: Readonly<Record<string, FeatureType>>,
): AsyncGenerator<string> {
  if (file !== '-' && !fs.existsSync(file)) throw new CommandFailed(`there is no file ${file}`);
  const input = file === '-' ? process.stdin : fs.createReadStream(file);
  const lines = readline.createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let head: string[] | undefined;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    if (format === 'ndjson') yield line;
    else if (head) yield JSON.stringify(csvEvent(head, csvCells(line), types));
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
    case 'float':
      return Number.isFinite(Number(text)) ? Number(text) : text;
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

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
