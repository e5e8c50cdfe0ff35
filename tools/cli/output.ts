import { Option } from 'commander';
import { stringify as exactJson } from 'lossless-json';
import { stringify } from 'yaml';

export type Format = 'table' | 'json' | 'yaml';

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'table, json or yaml')
    .choices(['table', 'json', 'yaml'])
    .default('table');

/** Columns under their names in capital letters. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return columns([head.map((name) => name.toUpperCase()), ...rows]);
}

/** Columns as wide as their longest value, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function formatted(value: unknown, format: Exclude<Format, 'table'>): string {
  return format === 'json' ? jsonText(value, 2) : stringify(value).trimEnd();
}

/** As JSON.stringify, also of integers that only a bigint holds. */
export const jsonText = (value: unknown, indent?: number): string =>
  exactJson(value, undefined, indent) ?? 'null';

/** YAML documents one after the other, as `apply` reads them. */
export function yamlDocuments(values: readonly unknown[]): string {
  return values.map((value) => stringify(value).trimEnd()).join('\n---\n');
}
