import { MillraceError, type FeatureValue, type Instant, type ValueEvidence } from '@millrace/core';
import type { DerivedGroupReader } from './derived/derived-group-reader.js';
import { GroupFaults, type FeatureVectors } from './feature-vectors.js';
import type { GroupReader, StoredGroup, VectorRow } from './groups/group-reader.js';
import type { HashContents, HashReads } from './hash-reads.js';
import type { ReadLayout } from './layout/read-layout.js';
import { PlannedReads } from './planned-reads.js';
import { TIME_BYTES, type ReadyRow, type ReadyRows } from './ready/ready-rows.js';
import { RowAnswers } from './ready/row-answers.js';
import type { RequestRow } from './rows/join-key.js';
import { STATUS } from './status.js';
import type { InstantReader } from './values/typed-value.js';

/** What is read, and as of when. */
export interface VectorRequest {
  /** Join keys of each row. */
  readonly rows: readonly RequestRow[];
  /** Request fields of each row, for derived features. */
  readonly request?: readonly RequestRow[] | undefined;
  /** How timestamps among the request fields are written; absent: RFC 3339 or milliseconds. */
  readonly instant?: InstantReader | undefined;
  /** The clock of the process, looked at once per request. */
  readonly now: Instant;
  /** The instant that the caller asks for, if any. */
  readonly asOf?: Instant | undefined;
  /** Of all rows, or of one. */
  readonly evidence?: boolean | number | undefined;
  /** Of each row: its place in the caller's request, where these rows are a part of it; errors name that. */
  readonly places?: readonly number[];
  /** Where rows may be answered with texts that are ready: whoever asks writes them as texts, without evidence. */
  readonly ready?: ReadyRows | undefined;
}

/**
 * Values of one answer, slots that only feed derived features included: a million are some 50 MB of JSON,
 * and hold the process for a second.
 */
const VALUES_MAX = 1_000_000;
/** What a value's evidence takes, in values: four times the text, and more than that of the time. */
const EVIDENCE_VALUES = 4;

/**
 * Reads feature vectors of one selection of features: rows → entity ids → one pipelined round trip →
 * decoded states → values finished at the instant of the read → derived values. Made when the plan loads,
 * without state of its own, so any number of reads may be in flight.
 */
export class FeatureReader {
  constructor(
    readonly layout: ReadLayout,
    private readonly hashes: HashReads,
    /** A text that no other reader of the plan has. */
    private readonly name: string,
  ) {}

  /**
   * @param use makes of the vectors what is wanted, before anything else happens: rows that are ready may be written
   * over afterwards
   * @throws MillraceError ENTITY_KEY_MISSING, ENTITY_KEY_TYPE, REQUEST_FIELD_MISSING, REQUEST_FIELD_TYPE,
   * AS_OF_TOO_EARLY, TOO_MANY_ENTITIES, REDIS_UNAVAILABLE.
   */
  async read<T>(request: VectorRequest, use: (vectors: FeatureVectors) => T): Promise<T> {
    const { entities, groups, derived, slots } = this.layout;
    checkVectorSize(request.rows.length, slots, request.evidence === true);
    const planned = new PlannedReads(entities, request.rows);
    // Wrong requests are refused before anything is read.
    const requestValues = derived.map((group) =>
      request.rows.map((row, i) => group.requestValues(row, request.request?.[i], i, request.instant)),
    );
    const contents = await this.hashes.read(planned.reads);
    const answers = this.answersOf(request, planned, contents);
    if (answers?.isWhole) return use(readyVectors(this.layout, request, answers));
    const faults = new GroupFaults();
    const stored = planned.open(contents, groups.length, faults, answers);
    const reading = new Reading(this.layout, request, stored, faults, answers);
    reading.finishStored(stored);
    reading.finishDerived(requestValues);
    return use(reading);
  }

  /** Derived values may follow from the request's own fields: such rows are never ready. */
  private answersOf(
    { ready, rows, asOf, now }: VectorRequest,
    planned: PlannedReads,
    contents: readonly HashContents[],
  ): RowAnswers | undefined {
    if (!ready || this.layout.derived.length > 0) return undefined;
    return new RowAnswers(ready, this.name, planned, contents, rows.length, asOf ?? now);
  }
}

/** The vectors of one request while they are filled; see FeatureVectors for their shape. */
class Reading implements FeatureVectors {
  readonly rows: number;
  readonly slots: number;
  readonly times: number;
  readonly values: FeatureValue[];
  readonly statuses: Uint8Array;
  readonly asOf: Float64Array;
  readonly eventTimes: Float64Array;
  readonly evidence?: (ValueEvidence | undefined)[];
  /** The one row whose evidence is asked for; undefined: that of all. */
  private readonly explained: number | undefined;
  /** The instant that the request is answered as of, but for rows whose newest event is later. */
  private readonly asked: Instant;

  constructor(
    private readonly layout: ReadLayout,
    request: VectorRequest,
    stored: readonly (StoredGroup | undefined)[],
    readonly faults: GroupFaults,
    readonly answers: RowAnswers | undefined,
  ) {
    this.rows = request.rows.length;
    this.asked = request.asOf ?? request.now;
    this.slots = layout.slots;
    this.times = layout.times;
    this.values = nulls(this.rows * this.slots);
    // Zero is INVALID: what nothing fills could not be read.
    this.statuses = new Uint8Array(this.rows * this.slots);
    this.eventTimes = new Float64Array(this.rows * this.times).fill(-Infinity);
    this.asOf = new Float64Array(this.rows);
    if (request.evidence !== undefined && request.evidence !== false)
      this.evidence = Array.from({ length: this.values.length });
    this.explained = typeof request.evidence === 'number' ? request.evidence : undefined;
    for (let row = 0; row < this.rows; row++) this.asOf[row] = this.placeInTime(row, request, stored);
  }

  finishStored(stored: readonly (StoredGroup | undefined)[]): void {
    const { groups } = this.layout;
    for (let row = 0; row < this.rows; row++) {
      const into = this.rowAt(row);
      const ready = this.answers?.row(row);
      if (ready) {
        copyReady(ready, row, this);
        continue;
      }
      for (let index = 0; index < groups.length; index++) {
        const group = stored[row * groups.length + index];
        if (group) this.finishGroup(groups[index] as GroupReader, group, row, into);
      }
      this.offer(row, stored.slice(row * groups.length, (row + 1) * groups.length));
    }
  }

  /** A row that is as it was asked for, and of which nothing failed, may be answered again. */
  private offer(row: number, groups: readonly (StoredGroup | undefined)[]): void {
    const asOf = this.asOf[row] as Instant;
    if (this.answers && this.faults.isEmpty && asOf === this.asked) this.answers.offer(row, asOf, groups);
  }

  finishDerived(requestValues: readonly (readonly FeatureValue[][])[]): void {
    for (const [index, group] of this.layout.derived.entries()) {
      for (let row = 0; row < this.rows; row++) {
        const message = group.finish(requestValues[index]?.[row] ?? [], this.rowAt(row));
        if (message !== undefined) this.faults.add(row, group.field, message);
        this.writeTimes(row, group);
      }
    }
  }

  /**
   * Notes the event times of a row and answers the instant at which its windows are finished. Without `asOf`
   * that is now, or the newest event where that is ahead of this process's clock: an applied event is
   * never left out.
   */
  private placeInTime(
    row: number,
    { now, asOf, places }: VectorRequest,
    stored: readonly (StoredGroup | undefined)[],
  ): Instant {
    const groups = this.layout.groups.length;
    let newest = -Infinity;
    for (let group = 0; group < groups; group++) {
      const time = stored[row * groups + group]?.newest ?? -Infinity;
      this.eventTimes[row * this.times + group] = time;
      newest = Math.max(newest, time);
    }
    if (asOf !== undefined && newest > asOf) throw asOfTooEarly(places?.[row] ?? row, asOf, newest);
    return Math.max(asOf ?? now, newest);
  }

  /** A group that cannot be finished costs its own values, never the row. */
  private finishGroup(reader: GroupReader, group: StoredGroup, row: number, into: VectorRow): void {
    const asOf = this.asOf[row] as Instant;
    try {
      group.finish(asOf, into);
      if (!this.evidence || (this.explained !== undefined && row !== this.explained)) return;
      const found = group.evidence(asOf);
      for (const [i, { slot }] of reader.wanted.entries()) this.evidence[into.base + slot] = found[i];
    } catch (error) {
      for (const { slot } of reader.wanted) {
        into.values[into.base + slot] = null;
        into.statuses[into.base + slot] = STATUS.INVALID;
      }
      const message = error instanceof Error ? error.message : String(error);
      this.faults.add(row, reader.field, message);
    }
  }

  /** A derived value is as fresh as the stalest of what it was computed from. */
  private writeTimes(row: number, { inputTimes, firstTime }: DerivedGroupReader): void {
    const base = row * this.times;
    for (const [position, inputs] of inputTimes.entries()) {
      const times = inputs.map((input) => this.eventTimes[base + input] as Instant);
      this.eventTimes[base + firstTime + position] = times.length === 0 ? -Infinity : Math.min(...times);
    }
  }

  private rowAt(row: number): VectorRow {
    return { values: this.values, statuses: this.statuses, base: row * this.slots };
  }
}

/**
 * Of the last request whose rows were all there: memory of its own for each would be an eighth of its time. As long as the
 * largest so far wanted, at most VALUES_MAX.
 */
let readyStatuses = new Uint8Array(0);
let readyTimes = new Float64Array(0);

/** The vectors of a request whose rows are all there, their values as text; the next such request writes over them. */
function readyVectors(
  { slots, times }: ReadLayout,
  { rows: { length: rows }, asOf, now }: VectorRequest,
  answers: RowAnswers,
): FeatureVectors {
  if (readyStatuses.length < rows * slots) readyStatuses = new Uint8Array(rows * slots);
  if (readyTimes.length < rows * times) readyTimes = new Float64Array(rows * times);
  const vectors: FeatureVectors = {
    rows,
    slots,
    times,
    values: [],
    statuses: readyStatuses,
    asOf: new Float64Array(rows).fill(asOf ?? now),
    eventTimes: readyTimes,
    faults: new GroupFaults(),
    answers,
  };
  for (let row = 0; row < rows; row++) copyReady(answers.row(row) as ReadyRow, row, vectors);
  return vectors;
}

/** Statuses and event times of a row, which are few: a view of them costs more than copying them. */
function copyReady(
  { bytes, view, statusesAt, timesAt, contentsAt }: ReadyRow,
  row: number,
  { statuses, slots, eventTimes, times }: FeatureVectors,
): void {
  const slot = row * slots;
  for (let i = statusesAt; i < timesAt; i++) statuses[slot + i - statusesAt] = bytes[i] as number;
  let time = row * times;
  for (let at = timesAt; at < contentsAt; at += TIME_BYTES) eventTimes[time++] = view.getFloat64(at);
}

/** As many as the largest answer so far had values, at most VALUES_MAX. */
const NULLS: null[] = [];

/**
 * A dense array, which `Array.from` makes several times slower, and in one piece: one that grows is thrown away piece by piece,
 * a fifth of the garbage of a batch.
 */
function nulls(length: number): FeatureValue[] {
  while (NULLS.length < length) NULLS.push(null);
  return NULLS.slice(0, length);
}

/** @throws MillraceError TOO_MANY_ENTITIES. */
export function checkVectorSize(rows: number, slots: number, evidence = false): void {
  const most = evidence ? VALUES_MAX / EVIDENCE_VALUES : VALUES_MAX;
  if (rows * slots <= most) return;
  const values = evidence ? 'values with evidence' : 'values';
  throw new MillraceError(
    'TOO_MANY_ENTITIES',
    `${rows} entities of ${slots} features are ${rows * slots} ${values}; at most ${most} are allowed, ` +
      `so at most ${Math.floor(most / slots)} of these entities in one request`,
    { got: rows, allowed: Math.floor(most / slots) },
  );
}

function asOfTooEarly(row: number, asOf: Instant, newest: Instant): MillraceError {
  const [asked, applied] = [new Date(asOf).toISOString(), new Date(newest).toISOString()];
  return new MillraceError(
    'AS_OF_TOO_EARLY',
    `asOf ${asked} lies before ${applied}, the newest event applied to entities[${row}]; ` +
      'the online store holds the present only (training sets, which answer for any instant, are not served yet)',
    { index: row, asOf: asked, newestEventTime: applied },
  );
}
