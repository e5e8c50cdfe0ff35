/**
 * The same windows in an engine that is not ours. Where an edge lies inside a merged tile, DuckDB is asked about
 * the rows that the engine says it saw (streams come in order here), so every value is compared, none skipped.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { compileGroup } from '@millrace/core';
import type { AggregatedGroupPlan, FeatureValue, FunctionPlan, ValueEvidence } from '@millrace/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchOf, same } from '../../oracle/scenario-check.js';
import { sqlOf } from './sql-functions.js';

interface Row {
  readonly entity: string;
  readonly time: number;
  /** points, amount, place: in the order of the inputs. */
  readonly values: readonly (number | string | null)[];
}

const DAY = 86_400_000;
const INPUTS = [
  { name: 'points', type: 'int' },
  { name: 'amount', type: 'float' },
  { name: 'place', type: 'string' },
] as const;
const POINTS = 0;
const AMOUNT = 1;
const PLACE = 2;

const OF_NUMBERS: FunctionPlan[] = [
  { kind: 'count' },
  { kind: 'sum' },
  { kind: 'mean' },
  { kind: 'min' },
  { kind: 'max' },
  { kind: 'variance', population: false },
  { kind: 'variance', population: true },
  { kind: 'stddev', population: false },
  { kind: 'skew' },
  { kind: 'kurtosis' },
  { kind: 'first' },
  { kind: 'last' },
  { kind: 'last_k', k: 4 },
  { kind: 'quantile', q: 0.5 },
  { kind: 'quantile', q: 0.95 },
  { kind: 'histogram', edges: [0, 15, 60] },
  { kind: 'ewma', halfLifeMs: DAY },
  { kind: 'ratio', to: AMOUNT },
];
const OF_TEXTS: FunctionPlan[] = [
  { kind: 'count' },
  { kind: 'first' },
  { kind: 'first_k', k: 3 },
  { kind: 'last_k', k: 5 },
  { kind: 'last_distinct_k', k: 5 },
  { kind: 'distinct_count' },
  { kind: 'top_k', k: 3 },
  { kind: 'entropy' },
  { kind: 'min_by', by: POINTS },
  { kind: 'max_by', by: POINTS },
];
const OF_ROWS: FunctionPlan[] = [
  { kind: 'count' },
  { kind: 'rate', perMs: 3_600_000 },
  { kind: 'seconds_since_last' },
];

const MEASURED: readonly { function: FunctionPlan; input?: number }[] = [
  ...OF_NUMBERS.flatMap((fn) => [POINTS, AMOUNT].map((input) => ({ function: fn, input }))),
  ...OF_TEXTS.map((fn) => ({ function: fn, input: PLACE })),
  ...OF_ROWS.map((fn) => ({ function: fn })),
];

interface Answers {
  readonly values: readonly FeatureValue[];
  readonly evidence: readonly ValueEvidence[];
  /** DuckDB's, in the same order. */
  readonly expected: readonly unknown[];
}

const plan = groupOf([3_600_000, DAY, 7 * DAY, 90 * DAY]);
const engine = compileGroup(plan);

describe.each([
  ['flights by airport', flights(), 25],
  ['random rows with nulls and equal times', randomRows(), 4],
])('%s', (_name, rows, entitiesCompared) => {
  let duck: DuckDBConnection;
  const byEntity = new Map<string, Row[]>();
  for (const row of rows) byEntity.set(row.entity, [...(byEntity.get(row.entity) ?? []), row]);
  const busiestFirst = [...byEntity.keys()].toSorted(
    (a, b) => byEntity.get(b)!.length - byEntity.get(a)!.length,
  );
  // Busy and quiet ones alike: evenly from the busiest to the quietest.
  const step = Math.max(1, Math.floor(busiestFirst.length / entitiesCompared));
  const compared = busiestFirst.filter((_, i) => i % step === 0).slice(0, entitiesCompared);

  beforeAll(async () => {
    duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(
      'CREATE TABLE rows (entity VARCHAR, t BIGINT, arrival BIGINT, points BIGINT, amount DOUBLE, place VARCHAR)',
    );
    const appender = await duck.createAppender('rows');
    for (const [arrival, { entity, time, values }] of rows.entries()) {
      appender.appendVarchar(entity);
      appender.appendBigInt(BigInt(time));
      appender.appendBigInt(BigInt(arrival));
      const [points, amount, place] = values;
      if (typeof points === 'number') appender.appendBigInt(BigInt(points));
      else appender.appendNull();
      if (typeof amount === 'number') appender.appendDouble(amount);
      else appender.appendNull();
      if (typeof place === 'string') appender.appendVarchar(place);
      else appender.appendNull();
      appender.endRow();
    }
    appender.closeSync();
  });

  test.each(MEASURED.map((measured, m) => [describeFunction(measured), m] as const))(
    '%s agrees',
    async (_fn, m) => {
      const differences: string[] = [];
      for (const entity of compared) {
        const { values, evidence, expected } = await answersOf(entity);
        plan.features.forEach((feature, index) => {
          if (feature.function !== MEASURED[m]!.function || feature.input !== MEASURED[m]!.input) return;
          if (agree(values[index]!, expected[index], evidence[index]!)) return;
          const { events } = evidence[index]!;
          differences.push(
            `${entity} ${feature.name}: ${String(values[index])}, DuckDB ${String(expected[index])}, ${events} rows`,
          );
        });
      }
      expect(differences).toEqual([]);
    },
  );

  const answers = new Map<string, Promise<Answers>>();

  function answersOf(entity: string): Promise<Answers> {
    const known = answers.get(entity) ?? bothAnswers(duck, entity, byEntity.get(entity)!);
    answers.set(entity, known);
    return known;
  }
});

async function bothAnswers(duck: DuckDBConnection, entity: string, rows: readonly Row[]): Promise<Answers> {
  const batch = batchOf(
    plan.inputs,
    rows.map((row) => ({ ...row, passes: [] })),
  );
  const timeline = engine.create();
  for (let row = 0; row < batch.size; row++) engine.apply(timeline, batch, row);
  const asOf = timeline.newest + 1_234;
  const values: FeatureValue[] = [];
  engine.finish(timeline, asOf, values);
  const evidence = engine.evidence(timeline, asOf);

  const byRows = new Map<string, number[]>();
  evidence.forEach((found, index) => {
    const seen = rowsSeen(found, asOf);
    byRows.set(seen, [...(byRows.get(seen) ?? []), index]);
  });
  const expected: unknown[] = [];
  for (const [where, indices] of byRows) {
    const answer = await duckAnswers(
      duck,
      entity,
      where,
      indices.map((index) => expressionOf(index, asOf, evidence)),
    );
    indices.forEach((index, i) => (expected[index] = answer[i]));
  }
  return { values, evidence, expected };
}

/** Which of the entity's rows the engine's value is made of, in SQL. */
function rowsSeen({ exact, from, events }: ValueEvidence, asOf: number): string {
  // A value that keeps times is exact although rows on the edge were touched.
  if (exact) return `t > ${from} AND t <= ${asOf}`;
  return `arrival IN (SELECT arrival FROM mine ORDER BY t DESC, arrival DESC LIMIT ${events})`;
}

function expressionOf(index: number, asOf: number, evidence: readonly ValueEvidence[]): string {
  const feature = plan.features[index]!;
  return sqlOf(feature.function, columnOf(feature.input), columnOf(secondOf(feature.function)))
    .replaceAll('$asOf', String(asOf))
    .replaceAll('$since', String(evidence[index]!.from));
}

async function duckAnswers(
  duck: DuckDBConnection,
  entity: string,
  where: string,
  expressions: readonly string[],
): Promise<unknown[]> {
  const answer = await duck.runAndReadAll(
    `WITH mine AS (SELECT * FROM rows WHERE entity = '${entity}'), seen AS (SELECT * FROM mine WHERE ${where}) ` +
      `SELECT ${expressions.map((expression, i) => `${expression} AS a${i}`).join(', ')} FROM seen`,
  );
  return (answer.getRowsJS()[0] ?? []).map(plainOf);
}

function agree(actual: FeatureValue, expected: unknown, evidence: ValueEvidence): boolean {
  // SQL's sum of nothing is null, ours 0.
  if (expected === undefined || expected === null) return actual === null || actual === 0;
  if (evidence.sketchError !== undefined)
    return Math.abs(Number(actual) - Number(expected)) <= 0.011 * Math.abs(Number(expected)) + 1;
  return same(actual, expected as FeatureValue, 1e-9);
}

function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return Array.isArray(value) ? value.map(plainOf) : value;
}

function describeFunction({ function: fn, input }: (typeof MEASURED)[number]): string {
  const { kind, ...settings } = fn;
  const of = input === undefined ? '' : ` of ${INPUTS[input]!.name}`;
  return `${kind}${of}${Object.keys(settings).length > 0 ? ` ${JSON.stringify(settings)}` : ''}`;
}

function columnOf(input: number | undefined): string {
  return input === undefined ? '*' : INPUTS[input]!.name;
}

function secondOf(fn: FunctionPlan): number | undefined {
  return 'by' in fn ? fn.by : 'to' in fn ? fn.to : undefined;
}

function groupOf(lengthsMs: readonly number[]): AggregatedGroupPlan {
  return {
    kind: 'aggregated',
    name: 'cross_check',
    version: 1,
    entity: 'thing',
    source: 'rows',
    keyFields: ['entity'],
    derive: [],
    inputs: INPUTS,
    filters: [],
    windows: lengthsMs.map((lengthMs) => ({ kind: 'sliding', lengthMs })),
    features: MEASURED.flatMap((feature) =>
      lengthsMs.map((lengthMs, window) => ({
        ...feature,
        name: `over ${lengthMs / 3_600_000} h`,
        type: 'float' as const,
        window,
      })),
    ),
    budget: 128,
    resolution: 1 / 64,
  };
}

function flights(): Row[] {
  const file = createRequire(import.meta.url).resolve('vega-datasets/data/flights-20k.json');
  const raw = JSON.parse(readFileSync(file, 'utf8')) as {
    date: string;
    delay: number;
    distance: number;
    origin: string;
    destination: string;
  }[];
  return raw
    .map(({ date, delay, distance, origin, destination }) => ({
      entity: origin,
      time: Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}:00Z`),
      values: [delay, distance, destination],
    }))
    .toSorted((a, b) => a.time - b.time);
}

function randomRows(): Row[] {
  let state = 42;
  const random = (): number =>
    ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8) / 2 ** 24;
  let time = Date.UTC(2024, 0, 1);
  return Array.from({ length: 8_000 }, () => {
    time += random() < 0.2 ? 0 : Math.floor(random() ** 3 * 4_000_000);
    return {
      entity: `e${Math.floor(random() * 4)}`,
      time,
      values: [
        random() < 0.1 ? null : Math.floor(random() * 200) - 50,
        random() < 0.1 ? null : Math.exp(random() * 6) - 20,
        random() < 0.1 ? null : `place ${Math.floor(random() ** 2 * 40)}`,
      ],
    };
  });
}
