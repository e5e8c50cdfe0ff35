import {
  MillraceError,
  partitionOf,
  type FeatureValue,
  type Instant,
  type ValueEvidence,
} from '@millrace/core';
import type { FeatureVectors, GroupFault, ReadInstant } from './feature-vectors.js';
import type { StoredGroup } from './groups/group-reader.js';
import type { HashContents, HashRead, HashReads } from './hash-reads.js';
import type { EntityLayout, HashLayout, ReadLayout } from './read-layout.js';
import { entityIdOfRow, type RequestRow } from './rows/join-key.js';
import { STATUS } from './status.js';

/** Reads that one hash of each row, and which rows share it. */
interface PlannedHash {
  readonly hash: HashLayout;
  readonly entity: EntityLayout['entity'];
  /** Request row to index into the reads. */
  readonly readOf: Int32Array;
}

/**
 * Reads feature vectors of one selection of features: rows → entity ids → one pipelined round trip →
 * decoded states → values finished at the instant of the read. Made when the plan loads, without state of
 * its own, so any number of reads may be in flight.
 */
export class FeatureReader {
  constructor(
    readonly layout: ReadLayout,
    private readonly hashes: HashReads,
  ) {}

  /** @throws MillraceError ENTITY_KEY_MISSING, ENTITY_KEY_TYPE, AS_OF_TOO_EARLY, REDIS_UNAVAILABLE. */
  async read(rows: readonly RequestRow[], at: ReadInstant, evidence = false): Promise<FeatureVectors> {
    const reads: HashRead[] = [];
    const planned = this.layout.entities.flatMap((layout) => planReads(layout, rows, reads));
    return this.finish(rows, at, evidence, planned, await this.hashes.read(reads));
  }

  private finish(
    rows: readonly RequestRow[],
    at: ReadInstant,
    evidence: boolean,
    planned: readonly PlannedHash[],
    contents: readonly HashContents[],
  ): FeatureVectors {
    const { groups, slots } = this.layout;
    const faults: GroupFault[] = [];
    const stored = openGroups(rows.length, groups.length, planned, contents, faults);
    const eventTimes = Float64Array.from(stored, (group) => group?.newest ?? -Infinity);
    const asOf = readInstants(rows.length, groups.length, eventTimes, at);
    const values = Array.from<FeatureValue>({ length: rows.length * slots }).fill(null);
    const statuses = new Uint8Array(rows.length * slots);
    const proof = evidence ? Array.from<ValueEvidence | undefined>({ length: values.length }) : undefined;
    for (let row = 0; row < rows.length; row++) {
      const into = { values, statuses, base: row * slots };
      for (let group = 0; group < groups.length; group++) {
        const opened = stored[row * groups.length + group];
        if (!opened) continue;
        this.finishGroup(opened, group, row, asOf[row] as Instant, into, proof, faults);
      }
    }
    return {
      rows: rows.length,
      slots,
      values,
      statuses,
      asOf,
      eventTimes,
      faults,
      ...(proof && { evidence: proof }),
    };
  }

  /** One group that cannot be finished costs its own values, never the row. */
  private finishGroup(
    opened: StoredGroup,
    group: number,
    row: number,
    asOf: Instant,
    into: { values: FeatureValue[]; statuses: Uint8Array; base: number },
    proof: (ValueEvidence | undefined)[] | undefined,
    faults: GroupFault[],
  ): void {
    const reader = this.layout.groups[group];
    if (!reader) return;
    try {
      opened.finish(asOf, into);
      if (!proof) return;
      const found = opened.evidence(asOf);
      for (const [index, { slot }] of reader.wanted.entries()) proof[into.base + slot] = found[index];
    } catch (error) {
      for (const { slot } of reader.wanted) {
        into.values[into.base + slot] = null;
        into.statuses[into.base + slot] = STATUS.INVALID;
      }
      faults.push({ row, group: reader.field, message: messageOf(error) });
    }
  }
}

/** Adds the reads of one entity's hashes: each distinct entity id is read once, however many rows name it. */
function planReads(layout: EntityLayout, rows: readonly RequestRow[], reads: HashRead[]): PlannedHash[] {
  const planned = layout.hashes.map((hash) => ({
    hash,
    entity: layout.entity,
    readOf: new Int32Array(rows.length),
  }));
  const seen = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const entityId = entityIdOfRow(layout.entity, row, index);
    const first = seen.get(entityId);
    if (first === undefined) seen.set(entityId, index);
    for (const { hash, readOf } of planned) {
      readOf[index] =
        first === undefined ? reads.push(hashReadOf(layout, hash, entityId)) - 1 : (readOf[first] as number);
    }
  }
  return planned;
}

function hashReadOf(layout: EntityLayout, hash: HashLayout, entityId: string): HashRead {
  const { name, partitions } = layout.entity;
  return {
    kind: hash.kind,
    entity: name,
    partition: partitionOf(entityId, partitions),
    entityId,
    fields: hash.fields,
  };
}

/** Decodes each read once and hands it to every row that names it; row-major by (row, group). */
function openGroups(
  rows: number,
  groups: number,
  planned: readonly PlannedHash[],
  contents: readonly HashContents[],
  faults: GroupFault[],
): (StoredGroup | undefined)[] {
  const stored = Array.from<StoredGroup | undefined>({ length: rows * groups });
  for (const { hash, readOf } of planned) {
    for (const [position, { reader, index }] of hash.groups.entries()) {
      const opened = new Map<number, StoredGroup | Error>();
      for (let row = 0; row < rows; row++) {
        const read = readOf[row] as number;
        let group = opened.get(read);
        if (!group) {
          group = attempt(() => reader.open(fieldOf(contents[read], position)));
          opened.set(read, group);
        }
        if (group instanceof Error) faults.push({ row, group: reader.field, message: group.message });
        else stored[row * groups + index] = group;
      }
    }
  }
  return stored;
}

function fieldOf(contents: HashContents | undefined, position: number): Uint8Array | null {
  if (contents instanceof Error) throw contents;
  return contents?.[position] ?? null;
}

/**
 * The instant at which each row's windows are finished. Without `asOf` it is now, or the newest event where
 * that is ahead of this process's clock: an applied event is never left out.
 */
function readInstants(rows: number, groups: number, eventTimes: Float64Array, at: ReadInstant): Float64Array {
  const instants = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let newest = -Infinity;
    for (let group = 0; group < groups; group++) {
      newest = Math.max(newest, eventTimes[row * groups + group] as number);
    }
    if (at.asOf !== undefined && newest > at.asOf) throw asOfTooEarly(row, at.asOf, newest);
    instants[row] = Math.max(at.asOf ?? at.now, newest);
  }
  return instants;
}

function asOfTooEarly(row: number, asOf: Instant, newest: Instant): MillraceError {
  const [asked, applied] = [new Date(asOf).toISOString(), new Date(newest).toISOString()];
  return new MillraceError(
    'AS_OF_TOO_EARLY',
    `asOf ${asked} lies before ${applied}, the newest event applied to entities[${row}]; ` +
      'the online store holds the present only: POST /v1/training-sets answers for any instant',
    { index: row, asOf: asked, newestEventTime: applied, trainingSets: '/v1/training-sets' },
  );
}

function attempt<T>(open: () => T): T | Error {
  try {
    return open();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
