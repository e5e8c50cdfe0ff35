import type { Command } from 'commander';
import { parseExactJson } from '@millrace/core';
import { call } from '../api-client.js';
import { CalledWrongly } from '../command-failed.js';
import { asWritten, formatted, jsonText, outputOption, table, type Format } from '../output.js';
import type { Session } from '../session.js';

interface FeaturesOptions {
  readonly service?: string;
  readonly feature?: readonly string[];
  readonly request?: readonly string[];
  readonly asOf?: string;
  readonly evidence?: boolean;
  readonly output: Format;
}

interface FeatureVectors {
  readonly asOf: string;
  readonly results: readonly {
    readonly variant?: string;
    readonly values: Readonly<Record<string, unknown>>;
    readonly statuses: Readonly<Record<string, string>>;
    readonly eventTimes: Readonly<Record<string, string | null>>;
  }[];
}

export function addFeatures(program: Command, session: Session): void {
  program
    .command('features')
    .description('read features of entities')
    .command('get')
    .description('read the features of one entity: millrace features get --service board airport=ATL')
    .argument('<key=value...>', 'the join keys of every entity that the features belong to')
    .option('--service <name>', 'a feature service')
    .option(
      '--feature <reference>',
      'group:feature, or group for all of its features; may be repeated',
      repeated,
    )
    .option('--request <name=value>', 'a field that derived features take; may be repeated', repeated)
    .option('--as-of <instant>', 'RFC 3339, not before the newest event of the entity')
    .option('--evidence', 'tell why each value is what it is (with -o json or yaml)')
    .addOption(outputOption())
    .action(async (keys: string[], options: FeaturesOptions) => {
      const { service, feature, request, asOf, evidence, output } = options;
      if ((service === undefined) === (feature === undefined))
        throw new CalledWrongly('give either --service or --feature, and not both');
      const body = {
        ...(service !== undefined && { service }),
        ...(feature !== undefined && { features: feature }),
        entities: [members(keys)],
        ...(request !== undefined && { request: [requestFields(request)] }),
        ...(asOf !== undefined && { asOf }),
        ...(evidence === true && { evidence }),
      };
      const answer = await call(session.api(), '/v1/features', { method: 'POST', body });
      const vectors = asWritten(answer.text) as FeatureVectors;
      session.terminal.out(output === 'table' ? vectorTable(vectors) : formatted(vectors, output));
    });
}

/** Not `<reference...>`, which would take the keys that follow it too. */
const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** `name=value` pairs; a join key goes as text, which the api takes for an int as well. */
function members(pairs: readonly string[]): Record<string, string> {
  const named = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new CalledWrongly(`write name=value, got "${pair}"`);
    const name = pair.slice(0, equals);
    if (named.has(name)) throw new CalledWrongly(`${name} is given twice`);
    named.set(name, pair.slice(equals + 1));
  }
  return Object.fromEntries(named);
}

/** Numbers are sent as such, with every digit; anything else as text. */
function requestFields(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members(pairs)).map(([name, text]) => [
      name,
      isNumber(text) ? parseExactJson(text) : text,
    ]),
  );
}

const isNumber = (text: string): boolean =>
  /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Number.isFinite(Number(text));

function vectorTable({ asOf, results }: FeatureVectors): string {
  const rows = results.flatMap(({ values, statuses, eventTimes }) =>
    Object.entries(values).map(([name, value]) => [
      name,
      jsonText(value),
      statuses[name] ?? '',
      eventTimes[name] ?? '',
    ]),
  );
  const variant = results[0]?.variant;
  const read = `as of ${asOf}${variant === undefined ? '' : `, variant ${variant}`}`;
  return `${table(['feature', 'value', 'status', 'event time'], rows)}\n\n${read}`;
}
