/**
 * From JSON values to columns. A reader is compiled once per source and plan; it checks each event against the
 * source's schema and appends it to a batch, or says what is wrong with it. A wrong event leaves no trace in
 * the batch, so it rejects itself and never its neighbours.
 *
 * Why by hand and not with a schema library: checking and transposing are one pass here, an error names the
 * field and the value, and integers beyond 2^53 stay exact.
 */
import type { FeatureType } from '../definitions/definitions.js';
import type { ColumnType, SourcePlan } from '../plan/plan.js';
import type { Instant } from '../time.js';
import { isBase64 } from './base64.js';
import type { Column } from './columns.js';
import { entityIdOf } from './entity-id.js';
import type { FrameLayout } from './frame.js';
import type { Route } from './route.js';
import { parseInstant } from './timestamp.js';

/** Bytes of UTF-8 in one string field: what fits comfortably into a row of any store behind us. */
export const FIELD_BYTES_MAX = 65_536;
/** Bytes of an entity id: it becomes part of a Redis key, which every read spells out. */
export const ENTITY_ID_BYTES_MAX = 1_024;
/** Elements of a list or an embedding: the largest embedding models in use have 4,096 dimensions. */
export const LIST_LENGTH_MAX = 4_096;

export type EventFaultCode =
  | 'EVENT_NOT_JSON'
  | 'EVENT_NOT_OBJECT'
  | 'FIELD_MISSING'
  | 'FIELD_TYPE'
  | 'FIELD_RANGE'
  | 'FIELD_TOO_LONG'
  | 'FIELD_ENCODING'
  | 'KEY_TOO_LONG'
  | 'EVENT_TIME_IN_FUTURE';

/** Why one event was rejected. */
export interface EventFault {
  readonly code: EventFaultCode;
  readonly message: string;
  readonly field?: string;
}

export interface EventReader {
  readonly source: SourcePlan;
  /** One layout per route of the source, in the order of its routes. */
  readonly layouts: readonly FrameLayout[];
  readonly routes: readonly Route[];
  begin(): EventBatch;
}

/** The accepted events of one or more requests to one source, in columns. */
export interface EventBatch {
  readonly size: number;
  /** ms since the epoch. */
  readonly eventTime: readonly number[];
  /** The event's id from the source's `idField`; null where the source has none. */
  readonly eventIds: readonly (string | null)[];
  /** Per route of the reader: the entity id of each row. */
  readonly entityIds: readonly (readonly string[])[];
  /**
   * Checks one event and appends it.
   * @param latest events later than this are rejected: a wrong clock must not move windows ahead.
   */
  add(event: unknown, latest: Instant): EventFault | undefined;
  /** The columns, in the order of the layouts. */
  columns(): Column[];
}

export function columnTypeOf(type: FeatureType): ColumnType {
  switch (type) {
    case 'int':
    case 'float':
    case 'bool':
    case 'timestamp':
    case 'string':
      return type;
    case 'bytes':
    case 'int_list':
    case 'float_list':
    case 'string_list':
    case 'embedding':
      return 'list';
  }
}

export function compileEventReader(source: SourcePlan, routes: readonly Route[]): EventReader {
  const schema = compileSchema(source, routes);
  const columns = source.fields.map(({ name, type }) => ({ name, type: columnTypeOf(type) }));
  return {
    source,
    routes,
    layouts: routes.map((route) => ({ source: source.name, route: route.id, columns })),
    begin: () => new ColumnBatch(schema),
  };
}

/** What every batch of a source needs to know: compiled once, because under light traffic batches are small. */
interface Schema {
  readonly names: readonly string[];
  readonly readers: readonly CellReader[];
  readonly kinds: readonly ColumnType[];
  readonly required: readonly boolean[];
  readonly timestampIndex: number;
  /** -1 where the source has no ids. */
  readonly idIndex: number;
  /** Per route, the fields that hold its join keys. */
  readonly keyIndices: readonly (readonly number[])[];
}

function compileSchema(source: SourcePlan, routes: readonly Route[]): Schema {
  const names = source.fields.map((field) => field.name);
  const timestampIndex = names.indexOf(source.timestampField);
  const idIndex = source.idField === undefined ? -1 : names.indexOf(source.idField);
  const keyIndices = routes.map((route) => route.keyFields.map((field) => names.indexOf(field)));
  return {
    names,
    readers: source.fields.map((field) => cellReader(field.name, field.type)),
    kinds: source.fields.map((field) => columnTypeOf(field.type)),
    required: names.map(
      (_, c) => c === timestampIndex || c === idIndex || keyIndices.some((keys) => keys.includes(c)),
    ),
    timestampIndex,
    idIndex,
    keyIndices,
  };
}

/** A cell that passed its check: null, or the value in the form in which its column keeps it. */
type Cell = null | number | bigint | string | readonly unknown[];

type CellReader = (value: unknown) => Cell | EventFault;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function cellReader(field: string, type: FeatureType): CellReader {
  const wrongType = (value: unknown): EventFault => ({
    code: 'FIELD_TYPE',
    message: `${field}: expected ${EXPECTED[type]}, got ${show(value)}`,
    field,
  });
  const outOfRange = (value: unknown, allowed: string): EventFault => ({
    code: 'FIELD_RANGE',
    message: `${field}: ${show(value)} is outside ${allowed}`,
    field,
  });
  switch (type) {
    case 'int':
      return (value) => {
        if (typeof value === 'number') {
          if (Number.isSafeInteger(value)) return value + 0;
          return Number.isInteger(value) || !Number.isFinite(value)
            ? outOfRange(value, 'the integers of 64 bits')
            : wrongType(value);
        }
        if (typeof value !== 'bigint') return wrongType(value);
        return value >= INT64_MIN && value <= INT64_MAX
          ? value
          : outOfRange(value, 'the integers of 64 bits');
      };
    case 'float':
      return (value) => {
        if (typeof value === 'bigint') return Number(value);
        if (typeof value !== 'number') return wrongType(value);
        return Number.isFinite(value) ? value : outOfRange(value, 'the doubles of 64 bits');
      };
    case 'bool':
      return (value) => (typeof value === 'boolean' ? Number(value) : wrongType(value));
    case 'timestamp':
      return (value) => parseInstant(value) ?? wrongType(value);
    case 'string':
      return (value) => (typeof value === 'string' ? checkText(field, value) : wrongType(value));
    case 'bytes':
      return (value) => {
        if (typeof value !== 'string' || !isBase64(value)) return wrongType(value);
        const fault = checkText(field, value);
        return typeof fault === 'string' ? [value] : fault;
      };
    case 'int_list':
      return listReader(field, wrongType, (item) => Number.isSafeInteger(item));
    case 'float_list':
    case 'embedding':
      return listReader(field, wrongType, (item) => Number.isFinite(item));
    case 'string_list':
      return listReader(field, wrongType, (item) => typeof item === 'string' && item.isWellFormed());
  }
}

const EXPECTED: Readonly<Record<FeatureType, string>> = {
  int: 'int',
  float: 'float',
  bool: 'bool',
  timestamp: 'an RFC 3339 time with an offset, or integer milliseconds since the epoch',
  string: 'string',
  bytes: 'base64 bytes',
  int_list: 'a list of ints',
  float_list: 'a list of floats',
  string_list: 'a list of strings',
  embedding: 'a list of floats',
};

function listReader(
  field: string,
  wrongType: (value: unknown) => EventFault,
  fits: (item: unknown) => boolean,
): CellReader {
  return (value) => {
    if (!Array.isArray(value)) return wrongType(value);
    if (value.length > LIST_LENGTH_MAX) {
      const message = `${field}: ${value.length} elements, at most ${LIST_LENGTH_MAX} are allowed`;
      return { code: 'FIELD_TOO_LONG', message, field };
    }
    const wrong = value.findIndex((item) => !fits(item));
    return wrong < 0 ? (value as unknown[]) : wrongType(value[wrong]);
  };
}

function checkText(field: string, text: string): string | EventFault {
  // A UTF-16 unit is at most three bytes of UTF-8: only long texts need to be measured.
  if (text.length * 3 > FIELD_BYTES_MAX && Buffer.byteLength(text) > FIELD_BYTES_MAX) {
    const message = `${field}: ${Buffer.byteLength(text)} bytes, at most ${FIELD_BYTES_MAX} are allowed`;
    return { code: 'FIELD_TOO_LONG', message, field };
  }
  if (text.isWellFormed()) return text;
  return { code: 'FIELD_ENCODING', message: `${field}: a lone surrogate, which is no character`, field };
}

const SHOWN_LENGTH_MAX = 80;

/** A value as a message shows it. Lists and objects are not spelled out: they may be huge, or nested without end. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > SHOWN_LENGTH_MAX ? `${value.slice(0, SHOWN_LENGTH_MAX)}…` : value);
}

/** Most batches of light traffic hold one event; the columns of larger ones double. */
const ROWS_AT_FIRST = 8;

/** A column that grows; `wide` appears with the first integer that a double cannot hold. */
class GrowingNumbers {
  private values = new Float64Array(ROWS_AT_FIRST);
  private wide: Map<number, bigint> | undefined;

  set(row: number, cell: Cell): void {
    if (row >= this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    if (typeof cell === 'bigint') (this.wide ??= new Map()).set(row, cell);
    this.values[row] = cell === null ? NaN : Number(cell);
  }

  column(size: number): Column {
    const values = this.values.subarray(0, size);
    return this.wide ? { kind: 'number', values, wide: this.wide } : { kind: 'number', values };
  }
}

class ColumnBatch implements EventBatch {
  size = 0;
  readonly eventTime: number[] = [];
  readonly eventIds: (string | null)[] = [];
  readonly entityIds: string[][];

  private readonly numbers: readonly (GrowingNumbers | undefined)[];
  private readonly others: readonly unknown[][];
  /** The event being checked; reused, so that a rejected event costs and leaves nothing. */
  private readonly cells: Cell[] = [];
  private readonly ids: string[] = [];

  constructor(private readonly schema: Schema) {
    this.numbers = schema.kinds.map((kind) =>
      kind === 'string' || kind === 'list' ? undefined : new GrowingNumbers(),
    );
    this.others = schema.kinds.map(() => []);
    this.entityIds = schema.keyIndices.map(() => []);
  }

  add(event: unknown, latest: Instant): EventFault | undefined {
    if (typeof event !== 'object' || event === null || Array.isArray(event)) {
      return { code: 'EVENT_NOT_OBJECT', message: `expected an object, got ${show(event)}` };
    }
    const fault = this.readCells(event) ?? this.checkTime(latest) ?? this.readEntityIds();
    if (fault) return fault;
    this.append();
    return undefined;
  }

  columns(): Column[] {
    return this.schema.kinds.map((kind, c) => {
      const numbers = this.numbers[c];
      if (numbers) return numbers.column(this.size);
      return kind === 'list'
        ? { kind: 'list', values: this.others[c] as unknown[] }
        : { kind: 'string', values: this.others[c] as (string | null)[] };
    });
  }

  private readCells(event: object): EventFault | undefined {
    for (let c = 0; c < this.schema.names.length; c++) {
      const name = this.schema.names[c] as string;
      // Own properties only: a field may be called `constructor`.
      const value = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined;
      if (value === undefined || value === null) {
        if (this.schema.required[c]) {
          return {
            code: 'FIELD_MISSING',
            message: `${name}: is required, got ${show(value ?? null)}`,
            field: name,
          };
        }
        this.cells[c] = null;
        continue;
      }
      const cell = (this.schema.readers[c] as CellReader)(value);
      if (isFault(cell)) return cell;
      this.cells[c] = cell;
    }
    return undefined;
  }

  private checkTime(latest: Instant): EventFault | undefined {
    const time = this.cells[this.schema.timestampIndex] as number;
    if (time <= latest) return undefined;
    const field = this.schema.names[this.schema.timestampIndex] as string;
    const message =
      `${field}: ${new Date(time).toISOString()} lies in the future; ` +
      `the latest allowed now is ${new Date(latest).toISOString()}`;
    return { code: 'EVENT_TIME_IN_FUTURE', message, field };
  }

  private readEntityIds(): EventFault | undefined {
    for (let r = 0; r < this.schema.keyIndices.length; r++) {
      const keys = this.schema.keyIndices[r] as readonly number[];
      const id = entityIdOf(keys.map((c) => String(this.cells[c])));
      if (id.length * 3 > ENTITY_ID_BYTES_MAX && Buffer.byteLength(id) > ENTITY_ID_BYTES_MAX) {
        const field = keys.map((c) => this.schema.names[c]).join(', ');
        const message = `${field}: an entity id of ${Buffer.byteLength(id)} bytes, at most ${ENTITY_ID_BYTES_MAX} are allowed`;
        return { code: 'KEY_TOO_LONG', message, field };
      }
      this.ids[r] = id;
    }
    return undefined;
  }

  private append(): void {
    const row = this.size++;
    this.eventTime.push(this.cells[this.schema.timestampIndex] as number);
    this.eventIds.push(this.schema.idIndex < 0 ? null : String(this.cells[this.schema.idIndex]));
    for (let r = 0; r < this.entityIds.length; r++) this.entityIds[r]?.push(this.ids[r] as string);
    for (let c = 0; c < this.cells.length; c++) {
      const cell = this.cells[c] as Cell;
      const numbers = this.numbers[c];
      if (numbers) numbers.set(row, cell);
      else this.others[c]?.push(cell);
    }
  }
}

function isFault(cell: Cell | EventFault): cell is EventFault {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell);
}
