import { partitionOf } from '@millrace/core';
import type { GroupFaults } from './feature-vectors.js';
import type { GroupReader, StoredGroup } from './groups/group-reader.js';
import type { HashContents, HashRead } from './hash-reads.js';
import type { EntityLayout, HashLayout } from './layout/read-layout.js';
import type { RowAnswers } from './ready/row-answers.js';
import { entityIdOfRow, type RequestRow } from './rows/join-key.js';

/** One hash of every row, and which rows share it. */
interface PlannedHash {
  readonly hash: HashLayout;
  /** Request row to index into the reads. */
  readonly readOf: number[];
}

/** The reads that a request needs: each distinct entity id once, however many rows name it. */
export class PlannedReads {
  readonly reads: HashRead[] = [];
  private readonly planned: PlannedHash[] = [];

  /** @throws MillraceError ENTITY_KEY_MISSING, ENTITY_KEY_TYPE. */
  constructor(
    entities: readonly EntityLayout[],
    private readonly rows: readonly RequestRow[],
  ) {
    for (const layout of entities) this.planEntity(layout);
  }

  /**
   * Decodes what was read, once per entity id, and hands it to every row that names it.
   * Rows that are ready stay closed.
   * @returns row-major by (row, group); undefined where a group could not be read, which is a fault.
   */
  open(
    contents: readonly HashContents[],
    groups: number,
    faults: GroupFaults,
    answers?: RowAnswers,
  ): (StoredGroup | undefined)[] {
    const stored: (StoredGroup | undefined)[] = [];
    for (let i = 0; i < this.rows.length * groups; i++) stored.push(undefined);
    for (const { hash, readOf } of this.planned) {
      for (const [position, { reader, index }] of hash.groups.entries()) {
        const opened: (StoredGroup | Error | undefined)[] = [];
        for (let row = 0; row < this.rows.length; row++) {
          if (answers?.row(row)) continue;
          const read = readOf[row] as number;
          const group = (opened[read] ??= attempt(reader, contents[read], position));
          if (group instanceof Error) faults.add(row, reader.field, group.message);
          else stored[row * groups + index] = group;
        }
      }
    }
    return stored;
  }

  /** The ids of the entities that a row names. Two rows may share a key; what is kept by it is compared by its bytes. */
  keyOf(row: number, selection: string): string {
    let key = selection;
    let last: string | undefined;
    for (const { readOf } of this.planned) {
      const { entityId } = this.reads[readOf[row] as number] as HashRead;
      // An entity may have two hashes.
      if (entityId !== last) key += `\n${entityId}`;
      last = entityId;
    }
    return key;
  }

  /** What was read for a row, hash by hash. */
  contentsOf(row: number, contents: readonly HashContents[]): HashContents[] {
    return this.planned.map(({ readOf }) => contents[readOf[row] as number] as HashContents);
  }

  private planEntity(layout: EntityLayout): void {
    const first = this.planned.length;
    for (const hash of layout.hashes) this.planned.push({ hash, readOf: [] });
    const rowOf = new Map<string, number>();
    for (let row = 0; row < this.rows.length; row++) {
      const entityId = entityIdOfRow(layout.entity, this.rows[row] as RequestRow, row);
      const same = rowOf.get(entityId);
      if (same === undefined) rowOf.set(entityId, row);
      for (let i = first; i < this.planned.length; i++) {
        const { hash, readOf } = this.planned[i] as PlannedHash;
        const read =
          same === undefined ? this.reads.push(hashRead(layout, hash, entityId)) - 1 : readOf[same];
        readOf.push(read as number);
      }
    }
  }
}

function hashRead({ entity }: EntityLayout, hash: HashLayout, entityId: string): HashRead {
  const partition = partitionOf(entityId, entity.partitions);
  return { kind: hash.kind, entity: entity.name, partition, entityId, fields: hash.fields };
}

function attempt(
  reader: GroupReader,
  contents: HashContents | undefined,
  position: number,
): StoredGroup | Error {
  if (contents instanceof Error) return contents;
  try {
    return reader.open(contents?.values[position] ?? null);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
