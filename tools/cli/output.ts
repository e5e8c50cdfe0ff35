import { Option } from 'commander';
import { isInteger, LosslessNumber, parse, stringify as exactJson } from 'lossless-json';
import { Scalar, stringify } from 'yaml';

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
  return format === 'json' ? jsonText(value, 2) : stringify(value, yamlNumber).trimEnd();
}

/** JSON whose numbers are printed as they came, the float `31.0` as such. */
export const asWritten = (json: string): unknown => parse(json);

/** What `asWritten` made of a number, as one of YAML. */
function yamlNumber(_name: unknown, value: unknown): unknown {
  if (!(value instanceof LosslessNumber)) return value;
  const text = value.toString();
  if (isInteger(text)) return BigInt(text);
  const float = new Scalar(Number(text));
  float.minFractionDigits = 1;
  return float;
}

/** As JSON.stringify, also of integers that only a bigint holds. */
export const jsonText = (value: unknown, indent?: number): string =>
  exactJson(value, undefined, indent) ?? 'null';

/** YAML documents one after the other, as `apply` reads them. */
export function yamlDocuments(values: readonly unknown[]): string {
  return values.map((value) => stringify(value).trimEnd()).join('\n---\n');
}
