import {
  MillraceError,
  nearestName,
  type EntityPlan,
  type FeatureValue,
  type Instant,
  type PlanDocument,
  type PushedGroupPlan,
  type SourcePlan,
} from '@millrace/core';
import { entityIdOfRow } from '../rows/join-key.js';
import { expectedValue, readTypedValue, type InstantReader } from '../values/typed-value.js';

/** A table in columns, as Feast's clients send it: every column has one cell per row. */
export type PushColumns = Readonly<Record<string, unknown>>;

/** Columns that were checked to be arrays of one length. */
interface Table {
  readonly rows: number;
  cell(column: string, row: number): unknown;
  has(column: string): boolean;
}

/** One row of one pushed group, ready to be written. */
export interface PushedGroupRow {
  readonly group: PushedGroupPlan;
  readonly entity: EntityPlan;
  readonly entityId: string;
  readonly eventTime: Instant;
  readonly values: readonly FeatureValue[];
}

export interface PushLimits {
  readonly rowsMax: number;
  /** Rows of a later event time are refused: one from the future could not be corrected until then. */
  readonly latest: Instant;
  readonly instant: InstantReader;
}

/** The pushed groups that a push source feeds, all live versions. @throws MillraceError UNKNOWN_SOURCE. */
export function groupsOfSource(plan: PlanDocument, source: string): PushedGroupPlan[] {
  const sources = plan.sources.filter(({ type }) => type !== 'stream').map(({ name }) => name);
  const groups = pushedGroups(plan).filter((group) => group.source === source);
  if (groups.length > 0 || sources.includes(source)) return groups;
  throw new MillraceError('UNKNOWN_SOURCE', `there is no push source ${named(source, sources)}`, { source });
}

/** The live versions of a pushed group. @throws MillraceError UNKNOWN_FEATURE. */
export function versionsOfGroup(plan: PlanDocument, name: string): PushedGroupPlan[] {
  const groups = pushedGroups(plan);
  const versions = groups.filter((group) => group.name === name);
  if (versions.length > 0) return versions;
  if (plan.groups.some((group) => group.name === name)) {
    throw new MillraceError(
      'BAD_REQUEST',
      `feature group ${name} is computed from events: send them to its source, its values cannot be written`,
      { group: name },
    );
  }
  const names = groups.map((group) => group.name);
  throw new MillraceError('UNKNOWN_FEATURE', `there is no feature group ${named(name, names)}`, {
    group: name,
  });
}

/**
 * The rows of a push, checked as a whole: one wrong cell refuses all of them, so that nothing is half written.
 * @throws MillraceError PUSH_INVALID that names column, row and what is allowed; TOO_MANY_ENTITIES.
 */
export function readPush(
  plan: PlanDocument,
  groups: readonly PushedGroupPlan[],
  columns: PushColumns,
  limits: PushLimits,
): PushedGroupRow[] {
  const table = readTable(columns, limits.rowsMax);
  return groups.flatMap((group) => {
    const entity = plan.entities.find(({ name }) => name === group.entity);
    const source = plan.sources.find(({ name }) => name === group.source);
    if (!entity || !source)
      throw new Error(`plan ${plan.revision}: ${group.name} lacks its entity or source`);
    return readRows(group, entity, source, table, limits);
  });
}

function readRows(
  group: PushedGroupPlan,
  entity: EntityPlan,
  source: SourcePlan,
  table: Table,
  limits: PushLimits,
): PushedGroupRow[] {
  const keys = entity.joinKeys.map(({ name }, i) =>
    columnOf(table, group, [group.keyFields[i] ?? name, name]),
  );
  const timeColumn = columnOf(table, group, [source.timestampField, 'event_timestamp']);
  for (const { name } of group.features) columnOf(table, group, [name]);
  return Array.from({ length: table.rows }, (_, row) => {
    const joinKeys = Object.fromEntries(
      entity.joinKeys.map(({ name }, i) => [name, table.cell(keys[i] ?? name, row)]),
    );
    return {
      group,
      entity,
      entityId: entityIdOfRow(entity, joinKeys, row),
      eventTime: readTime(table.cell(timeColumn, row), timeColumn, row, limits),
      values: group.features.map((feature) => readCell(feature, table.cell(feature.name, row), row, limits)),
    };
  });
}

function readTime(cell: unknown, column: string, row: number, limits: PushLimits): Instant {
  const time = limits.instant(cell);
  if (time === undefined) throw wrongCell(column, row, 'a timestamp', cell);
  if (time <= limits.latest) return time;
  throw new MillraceError(
    'PUSH_INVALID',
    `${column}[${row}]: ${new Date(time).toISOString()} lies in the future; the latest allowed now is ` +
      new Date(limits.latest).toISOString(),
    { column, row },
  );
}

function readCell(
  feature: PushedGroupPlan['features'][number],
  cell: unknown,
  row: number,
  { instant }: PushLimits,
): FeatureValue {
  const { name, type, dimensions } = feature;
  const value = readTypedValue(type, cell, { dimensions, instant });
  if (value === undefined) throw wrongCell(name, row, expectedValue(type, dimensions), cell);
  return value;
}

function readTable(columns: PushColumns, rowsMax: number): Table {
  const cells = new Map<string, readonly unknown[]>();
  let rows: number | undefined;
  for (const [name, column] of Object.entries(columns)) {
    if (!Array.isArray(column)) throw new MillraceError('PUSH_INVALID', `df.${name}: expected an array`);
    rows ??= column.length;
    if (column.length !== rows) {
      const message = `df.${name} has ${column.length} cells, the columns before it ${rows}`;
      throw new MillraceError('PUSH_INVALID', message, { column: name });
    }
    cells.set(name, column);
  }
  if (rows !== undefined && rows > rowsMax) {
    const message = `df: ${rows} rows; at most ${rowsMax} are allowed in one request`;
    throw new MillraceError('TOO_MANY_ENTITIES', message, { got: rows, allowed: rowsMax });
  }
  return {
    rows: rows ?? 0,
    cell: (column, row) => cells.get(column)?.[row],
    has: (column) => cells.has(column),
  };
}

/** The first of the names that is a column. */
function columnOf(table: Table, group: PushedGroupPlan, names: readonly string[]): string {
  const found = names.find((name) => table.has(name));
  if (found !== undefined) return found;
  const wanted = [...new Set(names)].join(' or ');
  throw new MillraceError('PUSH_INVALID', `df: column ${wanted} of feature group ${group.name} is missing`, {
    column: names[0],
    group: group.name,
  });
}

function pushedGroups(plan: PlanDocument): PushedGroupPlan[] {
  return plan.groups.filter((group) => group.kind === 'pushed');
}

function named(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return (
    JSON.stringify(name.slice(0, 100)) +
    (nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`)
  );
}

function wrongCell(column: string, row: number, expected: string, cell: unknown): MillraceError {
  const text = typeof cell === 'bigint' ? String(cell) : (JSON.stringify(cell) ?? 'nothing');
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new MillraceError('PUSH_INVALID', `${column}[${row}]: expected ${expected}, got ${shown}`, {
    column,
    row,
  });
}
