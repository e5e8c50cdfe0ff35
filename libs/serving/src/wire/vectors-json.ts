import type { Instant, ValueEvidence } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import type { OutputFeature, ReadLayout } from '../layout/read-layout.js';
import type { RequestRow } from '../rows/join-key.js';
import { STATUS, STATUS_NAMES } from '../status.js';
import { exactJson } from './exact-json.js';
import { instantJson, valueWriterOf, type ValueWriter } from './value-json.js';

/**
 * Writes answers of `POST /v1/features`. Names and statuses are ready fragments; only values and times are
 * made per request.
 */
export class VectorsJson {
  /** `"name":` by output; the first one of an object has no comma in front. */
  private readonly names: readonly string[];
  /** `"name":"STATUS"` by output and status. */
  private readonly statuses: readonly (readonly string[])[];
  private readonly allPresent: string;
  private readonly writers: readonly ValueWriter[];

  /** What stands before the values: the variant, where there is one. */
  private readonly beforeValues: string;

  constructor(
    private readonly layout: ReadLayout,
    variant?: string,
  ) {
    this.beforeValues = `${variant === undefined ? '' : `,"variant":${JSON.stringify(variant)}`},"values":{`;
    this.names = layout.outputs.map(({ name }, i) => `${i > 0 ? ',' : ''}${JSON.stringify(name)}:`);
    this.statuses = this.names.map((name) => STATUS_NAMES.map((status) => `${name}"${status}"`));
    this.writers = layout.outputs.map(({ element }) => valueWriterOf(element));
    this.allPresent = this.statuses.map((fragments) => fragments[STATUS.PRESENT]).join('');
  }

  /** The whole body: `{ asOf, results: [{ entity, values, statuses, eventTimes, evidence? }] }`. */
  write(asOf: Instant, rows: readonly RequestRow[], vectors: FeatureVectors, evidence: boolean): string {
    let body = `{"asOf":${instantJson(asOf)},"results":[`;
    for (let row = 0; row < vectors.rows; row++) {
      body += `${row > 0 ? ',' : ''}${this.result(row, asOf, rows, vectors, evidence)}`;
    }
    return `${body}]}`;
  }

  /** One result of an answer as of that instant. */
  result(
    row: number,
    asOf: Instant,
    rows: readonly RequestRow[],
    vectors: FeatureVectors,
    evidence: boolean,
  ): string {
    // A row read later than asked (its newest event is ahead of this clock) says so.
    return this.rowOf(row, rows[row], vectors, vectors.asOf[row] !== asOf, evidence);
  }

  /** One result by itself, with its instant and its evidence. */
  writeRow(row: number, rows: readonly RequestRow[], vectors: FeatureVectors): string {
    return this.rowOf(row, rows[row], vectors, true, true);
  }

  private rowOf(
    row: number,
    entity: RequestRow | undefined,
    vectors: FeatureVectors,
    asOf: boolean,
    evidence: boolean,
  ): string {
    let json = `{"entity":${exactJson(entity)}`;
    if (asOf) json += `,"asOf":${instantJson(vectors.asOf[row] as Instant)}`;
    json += `${this.beforeValues}${this.valuesOf(row, vectors)}}`;
    json += `,"statuses":{${this.statusesOf(row, vectors)}}`;
    json += `,"eventTimes":{${this.eventTimesOf(row, vectors)}}`;
    if (evidence && vectors.evidence) {
      json += `,"evidence":{${this.evidenceOf(row, vectors, vectors.evidence)}}`;
    }
    if (vectors.faults.length > 0) json += faultsOf(row, vectors);
    return `${json}}`;
  }

  private valuesOf(row: number, { values, slots }: FeatureVectors): string {
    let json = '';
    for (let i = 0; i < this.writers.length; i++) {
      json += this.names[i]! + this.writers[i]!(values[row * slots + i]!);
    }
    return json;
  }

  private statusesOf(row: number, { statuses, slots }: FeatureVectors): string {
    const base = row * slots;
    const outputs = this.statuses.length;
    let first = 0;
    while (first < outputs && statuses[base + first] === STATUS.PRESENT) first++;
    if (first === outputs) return this.allPresent;
    let json = '';
    for (let i = 0; i < outputs; i++) json += this.statuses[i]![statuses[base + i]!];
    return json;
  }

  private eventTimesOf(row: number, { eventTimes, groups }: FeatureVectors): string {
    const { outputs } = this.layout;
    const times: string[] = [];
    for (let group = 0; group < groups; group++) times.push(instantJson(eventTimes[row * groups + group]!));
    let json = '';
    for (let i = 0; i < outputs.length; i++) json += this.names[i]! + times[outputs[i]!.groupIndex];
    return json;
  }

  private evidenceOf(
    row: number,
    vectors: FeatureVectors,
    evidence: readonly (ValueEvidence | undefined)[],
  ): string {
    const asOf = vectors.asOf[row] as Instant;
    return this.layout.outputs
      .map((output, i) => {
        const newest = vectors.eventTimes[row * vectors.groups + output.groupIndex] as Instant;
        return this.names[i] + evidenceJson(output, evidence[row * vectors.slots + i], newest, asOf);
      })
      .join('');
  }
}

/** Derived values have no window of their own: their evidence is what they were computed from. */
function evidenceJson(
  output: OutputFeature,
  evidence: ValueEvidence | undefined,
  groupNewest: Instant,
  asOf: Instant,
): string {
  const { from = null, to = asOf, newestEventTime = null, ...rest } = evidence ?? {};
  const newest = output.derivedFrom ? groupNewest : (newestEventTime ?? -Infinity);
  return JSON.stringify({
    ...(evidence && { window: { from: isoOf(from), to: isoOf(to) } }),
    ...rest,
    ...(output.derivedFrom && { derivedFrom: output.derivedFrom }),
    group: output.group,
    groupVersion: output.version,
    freshnessMs: Number.isFinite(newest) ? asOf - newest : null,
    newestEventTime: isoOf(newest),
  });
}

function isoOf(instant: Instant | null): string | null {
  if (instant === null || !Number.isFinite(instant)) return null;
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, instant))).toISOString();
}

function faultsOf(row: number, vectors: FeatureVectors): string {
  const own = vectors.faults.filter((fault) => fault.row === row);
  if (own.length === 0) return '';
  return `,"faults":${JSON.stringify(Object.fromEntries(own.map(({ group, message }) => [group, message])))}`;
}
