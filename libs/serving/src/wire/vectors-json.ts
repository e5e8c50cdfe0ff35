import type { FeatureValue, Instant, ValueEvidence } from '@millrace/core';
import type { FeatureVectors } from '../feature-vectors.js';
import type { ReadLayout } from '../layout/read-layout.js';
import type { RequestRow } from '../rows/join-key.js';
import { STATUS, STATUS_NAMES } from '../status.js';
import { evidenceWriterOf, type EvidenceWriter } from './evidence-json.js';
import { exactJson } from './exact-json.js';
import { Fragment } from './fragment.js';
import { INSTANT_LENGTH, isUsualInstant } from './instant-text.js';
import { INTEGER_MAX, type InstantGaps, type JsonBytes } from './json-bytes.js';
import { instantJson, valueWriterOf, type ValueWriter } from './value-json.js';

/** What stands between the parts of an answer. */
const SYNTAX = {
  asOf: new Fragment('{"asOf":'),
  results: new Fragment(',"results":['),
  entity: new Fragment('{"entity":'),
  statuses: new Fragment('},"statuses":{'),
  eventTimes: new Fragment('},"eventTimes":{'),
  evidence: new Fragment('},"evidence":{'),
  objectEnd: new Fragment('}'),
  comma: new Fragment(','),
  resultsEnd: new Fragment(']}'),
  null: new Fragment('null'),
  zeroFloat: new Fragment('0.0'),
} as const;

/**
 * Writes answers of `POST /v1/features`. Names, statuses and all around the event times are ready fragments;
 * only values and times are made per request.
 */
export class VectorsJson {
  /** `"name":` by output; the first one of an object has no comma in front. */
  private readonly names: readonly string[];
  private readonly nameFragments: readonly Fragment[];
  /** `"name":"STATUS"` by output and status. */
  private readonly statuses: readonly (readonly Fragment[])[];
  private readonly allPresent: Uint8Array;
  /** Where each output begins in it, and where the last one ends. */
  private readonly presentAt: readonly number[];
  private readonly eventTimes: InstantGaps;
  private readonly writers: readonly ValueWriter[];
  private readonly evidence: readonly EvidenceWriter[];
  private readonly isFloat: readonly boolean[];
  private readonly isInt: readonly boolean[];

  /** The variant, where there is one, and the head of the values. */
  private readonly beforeValues: Fragment;

  constructor(
    private readonly layout: ReadLayout,
    private readonly out: JsonBytes,
    variant?: string,
  ) {
    const { outputs } = layout;
    const named = variant === undefined ? '' : `,"variant":${JSON.stringify(variant)}`;
    this.beforeValues = new Fragment(`${named},"values":{`);
    this.names = outputs.map(({ name }, i) => `${i > 0 ? ',' : ''}${JSON.stringify(name)}:`);
    this.nameFragments = this.names.map((name) => new Fragment(name));
    this.statuses = this.names.map((name) =>
      STATUS_NAMES.map((status) => new Fragment(`${name}"${status}"`)),
    );
    const present = this.statuses.map((fragments) => fragments[STATUS.PRESENT]!.bytes);
    this.allPresent = Buffer.concat(present);
    this.presentAt = offsetsOf(present);
    this.eventTimes = instantGaps(
      this.names,
      outputs.map(({ timeIndex }) => timeIndex),
    );
    this.writers = outputs.map(({ element }) => valueWriterOf(element));
    this.evidence = outputs.map(evidenceWriterOf);
    this.isFloat = outputs.map(({ element }) => element === 'float');
    this.isInt = outputs.map(({ element }) => element === 'int');
  }

  /**
   * The whole body: `{ asOf, results: [{ entity, values, statuses, eventTimes, evidence? }] }`.
   * @returns a view that the next answer of any selection writes over
   */
  write(asOf: Instant, rows: readonly RequestRow[], vectors: FeatureVectors, evidence: boolean): Buffer {
    const { out } = this;
    out.begin();
    out.ready(SYNTAX.asOf);
    if (isUsualInstant(asOf)) out.instant(asOf);
    else out.text(instantJson(asOf));
    out.ready(SYNTAX.results);
    for (let row = 0; row < vectors.rows; row++) {
      if (row > 0) out.ready(SYNTAX.comma);
      this.writeVector(row, rows[row], vectors, vectors.asOf[row] !== asOf, evidence);
    }
    out.ready(SYNTAX.resultsEnd);
    const { statuses, slots, eventTimes, times } = vectors;
    vectors.answers?.keep((row, from, to) => ({
      json: out.between(from, to),
      statuses: statuses.subarray(row * slots, (row + 1) * slots),
      eventTimes: eventTimes.subarray(row * times, (row + 1) * times),
    }));
    return out.written;
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
    this.out.begin();
    this.writeVector(row, rows[row], vectors, vectors.asOf[row] !== asOf, evidence);
    return this.out.written.toString('utf8');
  }

  /** One result by itself, with its instant and its evidence. */
  writeRow(row: number, rows: readonly RequestRow[], vectors: FeatureVectors): string {
    this.out.begin();
    this.writeVector(row, rows[row], vectors, true, true);
    return this.out.written.toString('utf8');
  }

  private writeVector(
    row: number,
    entity: RequestRow | undefined,
    vectors: FeatureVectors,
    asOf: boolean,
    evidence: boolean,
  ): void {
    const { out } = this;
    out.ready(SYNTAX.entity);
    out.text(exactJson(entity));
    if (asOf) out.text(`,"asOf":${instantJson(vectors.asOf[row] as Instant)}`);
    this.writeFeatures(row, vectors);
    if (evidence && vectors.evidence) {
      out.ready(SYNTAX.evidence);
      this.writeEvidence(row, vectors, vectors.evidence);
    }
    out.ready(SYNTAX.objectEnd);
    if (!vectors.faults.isEmpty) out.text(faultsJson(vectors.faults.of(row)));
    out.ready(SYNTAX.objectEnd);
  }

  private writeFeatures(row: number, vectors: FeatureVectors): void {
    const { out } = this;
    out.ready(this.beforeValues);
    const ready = vectors.answers?.row(row);
    if (ready) out.part(ready.bytes, ready.at, ready.statusesAt);
    else {
      const from = out.length;
      this.writeValues(row, vectors);
      vectors.answers?.wrote(row, from, out.length);
    }
    out.ready(SYNTAX.statuses);
    this.writeStatuses(row, vectors);
    out.ready(SYNTAX.eventTimes);
    this.writeEventTimes(row, vectors);
  }

  private writeValues(row: number, { values, slots }: FeatureVectors): void {
    const { out, nameFragments, isFloat } = this;
    const base = row * slots;
    for (let i = 0; i < isFloat.length; i++) {
      const value = values[base + i]!;
      out.ready(nameFragments[i]!);
      if (isFloat[i] && isPlainFloat(value)) out.float(value);
      else this.writeValue(i, value);
    }
  }

  /** Any value but a plain float; the usual ones without a text of their own. */
  private writeValue(output: number, value: FeatureValue): void {
    const { out, isFloat, isInt, writers } = this;
    if (value === null) out.ready(SYNTAX.null);
    else if (isFloat[output] && Object.is(value, 0)) out.ready(SYNTAX.zeroFloat);
    else if (isInt[output] && isSmallInteger(value)) out.integer(value);
    else out.text(writers[output]!(value));
  }

  private writeStatuses(row: number, { statuses, slots }: FeatureVectors): void {
    const { out, allPresent, presentAt } = this;
    const base = row * slots;
    const outputs = this.statuses.length;
    for (let i = 0; i < outputs; i++) {
      const first = i;
      while (i < outputs && statuses[base + i] === STATUS.PRESENT) i++;
      if (i > first) out.part(allPresent, presentAt[first]!, presentAt[i]!);
      if (i < outputs) out.ready(this.statuses[i]![statuses[base + i]!]!);
    }
  }

  private writeEventTimes(row: number, { eventTimes, times: width }: FeatureVectors): void {
    const base = row * width;
    let time = 0;
    while (time < width && isUsualInstant(eventTimes[base + time]!)) time++;
    if (time === width) {
      this.out.instants(this.eventTimes, eventTimes, base);
      return;
    }
    const texts: string[] = [];
    for (time = 0; time < width; time++) texts.push(instantJson(eventTimes[base + time]!));
    for (const [i, { timeIndex }] of this.layout.outputs.entries()) {
      this.out.ready(this.nameFragments[i]!);
      this.out.text(texts[timeIndex]!);
    }
  }

  private writeEvidence(
    row: number,
    vectors: FeatureVectors,
    evidence: readonly (ValueEvidence | undefined)[],
  ): void {
    const { out, nameFragments } = this;
    const asOf = vectors.asOf[row] as Instant;
    for (const [i, { timeIndex }] of this.layout.outputs.entries()) {
      const newest = vectors.eventTimes[row * vectors.times + timeIndex] as Instant;
      out.ready(nameFragments[i]!);
      out.text(this.evidence[i]!(evidence[row * vectors.slots + i], newest, asOf));
    }
  }
}

/** `"name":"<an instant>"` of all outputs. */
function instantGaps(names: readonly string[], instants: readonly number[]): InstantGaps {
  const gap = `"${' '.repeat(INSTANT_LENGTH)}"`;
  let length = 0;
  const ats = Int32Array.from(names, (name) => {
    const at = length + Buffer.byteLength(name) + 1;
    length = at + gap.length - 1;
    return at;
  });
  const runs = instants.flatMap((instant, i) =>
    instant === instants[i + 1] ? [] : [{ instant, end: i + 1 }],
  );
  return { fragment: new Fragment(names.map((name) => name + gap).join('')), ats, runs };
}

/** Where each part begins once they are joined, and where the last one ends. */
function offsetsOf(parts: readonly Uint8Array[]): number[] {
  let at = 0;
  return [0, ...parts.map(({ length }) => (at += length))];
}

function isSmallInteger(value: FeatureValue): value is number {
  return typeof value === 'number' && value >= 0 && value <= INTEGER_MAX && Number.isInteger(value);
}

function isPlainFloat(value: FeatureValue): value is number {
  return typeof value === 'number' && value !== 0 && Number.isFinite(value);
}

function faultsJson(messages: ReadonlyMap<string, string> | undefined): string {
  return messages ? `,"faults":${JSON.stringify(Object.fromEntries(messages))}` : '';
}
