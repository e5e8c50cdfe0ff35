/**
 * The row program of an aggregated group: what turns a decoded frame into the columns and filters that the
 * group's engine reads. Columns in, columns out: rows are visited by number, no object is made per event.
 */
import type { FeatureType } from '../definitions/definitions.js';
import type { Column, GroupBatch } from '../events/columns.js';
import type { AggregatedGroupPlan, ColumnType, SourcePlan } from '../plan/plan.js';
import { expressionTypeOf, isNumeric } from './code.js';
import type { Code, ExpressionType, ListType, NumberCode, NumberType } from './code.js';
import { compileExpression } from './compile-expression.js';
import type { Scope } from './scope.js';
import { resumeEvent, stepsSpent } from './steps.js';

/** The columns of one frame, as `decodeFrame` gives them. */
export interface FrameColumns {
  readonly size: number;
  /** Event time of each row in ms since the epoch. */
  readonly eventTime: Float64Array;
  column(name: string): Column | undefined;
}

export interface RowProgramResult {
  readonly batch: GroupBatch;
  /** 0 where the group's `where` is false or null, and where the row is in `faults`; else 1. */
  readonly include: Uint8Array;
  /** Row to message, where an expression cannot go on with the row's values: a dead letter of this group. */
  readonly faults: ReadonlyMap<number, string>;
}

export interface RowProgram {
  /** Not reentrant: one frame at a time. The result does not change with later runs. */
  run(frame: FrameColumns): RowProgramResult;
}

/** @throws ExpressionError for a plan whose expressions do not fit the source; registration checked them. */
export function compileRowProgram(group: AggregatedGroupPlan, source: SourcePlan): RowProgram {
  return new CompiledRowProgram(group, source);
}

/** A name's place between the frame and the code that reads it: filled anew for each frame. */
interface Slot {
  readonly type: FeatureType | ColumnType;
  column: Column;
}

class CompiledRowProgram implements RowProgram {
  /** The fields of the source that something reads; the others are never decoded. */
  private readonly fields = new Map<string, Slot>();
  private readonly derived: {
    readonly slot: Slot;
    readonly code: Code;
    readonly copyOf: Slot | undefined;
  }[] = [];
  private readonly where: NumberCode | undefined;
  private readonly filters: readonly NumberCode[];
  private readonly inputs: readonly Slot[];
  private readonly timestampField: string;
  /** Steps that the expressions took for each row of the frame. */
  private spent = new Int32Array(0);

  constructor(group: AggregatedGroupPlan, source: SourcePlan) {
    this.timestampField = source.timestampField;
    const slots = new Map<string, Slot>();
    for (const field of source.fields) {
      slots.set(field.name, { type: field.type, column: nullColumn(field.type, 0) });
    }
    const isField = new Set(slots.values());
    const scope = slotScope(slots, (name, slot) => {
      if (isField.has(slot)) this.fields.set(name, slot);
    });
    this.where = group.where === undefined ? undefined : compileCondition(group.where, scope);
    for (const { name, type, expression } of group.derive) {
      const code = compileExpression(expression, scope);
      // A bare field is passed on as it is: its integers beyond 2^53 stay exact.
      const copyOf = slots.get(expression.trim());
      const slot = { type, column: nullColumn(type, 0) };
      this.derived.push({ slot, code, copyOf });
      slots.set(name, slot);
    }
    this.filters = group.filters.map((filter) => compileCondition(filter, scope));
    this.inputs = group.inputs.map(({ name }) => {
      const slot = slots.get(name);
      if (!slot) throw new Error(`group ${group.name}: no field or derived column "${name}"`);
      if (isField.has(slot)) this.fields.set(name, slot);
      return slot;
    });
  }

  run(frame: FrameColumns): RowProgramResult {
    const faults = new Map<number, string>();
    const include = new Uint8Array(frame.size).fill(1);
    this.bindFields(frame, include, faults);
    const rows: EvaluatedRows = { size: frame.size, include, faults, spent: this.noSteps(frame.size) };
    if (this.where) include.set(evaluateCondition(this.where, rows));
    for (const { slot, code, copyOf } of this.derived)
      slot.column = copyOf ? copyOf.column : evaluateColumn(code, rows);
    const filters = this.filters.map((filter) => evaluateCondition(filter, rows));
    const columns = this.inputs.map((slot) => slot.column);
    return { batch: { size: frame.size, eventTime: frame.eventTime, columns, filters }, include, faults };
  }

  private noSteps(size: number): Int32Array {
    if (this.spent.length < size) this.spent = new Int32Array(size);
    else this.spent.fill(0, 0, size);
    return this.spent;
  }

  private bindFields(frame: FrameColumns, include: Uint8Array, faults: Map<number, string>): void {
    for (const [name, slot] of this.fields) {
      const column = frame.column(name) ?? this.columnNotInFrame(name, slot, frame);
      if (column.kind === columnKind(slot.type)) {
        slot.column = column;
        continue;
      }
      // The frame was written before the source's schema changed: no row of it can be read under the new one.
      slot.column = nullColumn(slot.type, frame.size);
      include.fill(0);
      for (let row = 0; row < frame.size; row++)
        faults.set(
          row,
          `${name}: expected ${slot.type}, the event was recorded with a ${column.kind} column`,
        );
    }
  }

  private columnNotInFrame(name: string, slot: Slot, frame: FrameColumns): Column {
    if (name === this.timestampField) return { kind: 'number', values: frame.eventTime };
    return nullColumn(slot.type, frame.size);
  }
}

function compileCondition(text: string, scope: Scope): NumberCode {
  const code = compileExpression(text, scope);
  if (code.kind !== 'number' || code.type !== 'bool')
    throw new Error(`expected bool, got ${code.type}: ${text}`);
  return code;
}

function slotScope(slots: ReadonlyMap<string, Slot>, onUse: (name: string, slot: Slot) => void): Scope {
  return {
    variable: (name) => {
      const slot = slots.get(name);
      if (!slot) return undefined;
      onUse(name, slot);
      return readSlot(slot);
    },
    get names() {
      return [...slots.keys()];
    },
  };
}

function readSlot(slot: Slot): Code {
  const type = slotType(slot.type);
  switch (columnKind(slot.type)) {
    case 'number':
      return {
        kind: 'number',
        type: type as NumberType,
        run: (row) => (slot.column.values as Float64Array)[row] as number,
        constant: false,
      };
    case 'string':
      return {
        kind: 'string',
        type: 'string',
        run: (row) => (slot.column.values as readonly (string | null)[])[row] ?? null,
        constant: false,
      };
    case 'list':
      return { kind: 'list', type: type as ListType, run: (row) => listAt(slot, row), constant: false };
  }
}

function listAt(slot: Slot, row: number): readonly unknown[] | null {
  const value = slot.column.values[row];
  return Array.isArray(value) ? value : null;
}

/** `list`, of a derived column, no longer tells of what; expressions see it as a list of floats. */
const slotType = (type: FeatureType | ColumnType): ExpressionType =>
  type === 'list' ? 'float_list' : expressionTypeOf(type);

function columnKind(type: FeatureType | ColumnType): Column['kind'] {
  if (type === 'string') return 'string';
  const expressionType = slotType(type);
  const isNumber = isNumeric(expressionType) || expressionType === 'bool' || expressionType === 'timestamp';
  return isNumber ? 'number' : 'list';
}

function nullColumn(type: FeatureType | ColumnType, size: number): Column {
  switch (columnKind(type)) {
    case 'number':
      return { kind: 'number', values: new Float64Array(size).fill(Number.NaN) };
    case 'string':
      return { kind: 'string', values: nulls(size) };
    case 'list':
      return { kind: 'list', values: nulls(size) };
  }
}

const nulls = (size: number): null[] => Array.from({ length: size }, () => null);

/** The rows of a frame while the expressions of the group go over them, one expression after the other. */
interface EvaluatedRows {
  readonly size: number;
  readonly include: Uint8Array;
  readonly faults: Map<number, string>;
  /** Steps by row, over all expressions so far. */
  readonly spent: Int32Array;
}

function evaluateCondition(code: NumberCode, rows: EvaluatedRows): Uint8Array {
  const passed = new Uint8Array(rows.size);
  const { run } = code;
  forIncludedRows(rows, (row) => {
    passed[row] = run(row) === 1 ? 1 : 0;
  });
  return passed;
}

function evaluateColumn(code: Code, rows: EvaluatedRows): Column {
  if (code.kind === 'number') {
    const values = new Float64Array(rows.size).fill(Number.NaN);
    const { run } = code;
    forIncludedRows(rows, (row) => {
      const value = run(row);
      // No infinity leaves an expression: one would poison a sum for ever.
      values[row] = Number.isFinite(value) ? value : Number.NaN;
    });
    return { kind: 'number', values };
  }
  const values: unknown[] = nulls(rows.size);
  if (code.kind !== 'null') {
    const { run } = code;
    forIncludedRows(rows, (row) => {
      values[row] = run(row);
    });
  }
  return code.kind === 'string'
    ? { kind: 'string', values: values as (string | null)[] }
    : { kind: 'list', values };
}

/** Visits the rows that are still in; a row that throws is out, for this group, with its message. */
function forIncludedRows(
  { size, include, faults, spent }: EvaluatedRows,
  visit: (row: number) => void,
): void {
  let row = 0;
  // One try for the whole run of rows, entered anew only after a fault.
  while (row < size) {
    try {
      for (; row < size; row++) {
        if (include[row] !== 1) continue;
        resumeEvent(spent[row]);
        visit(row);
        spent[row] = stepsSpent();
      }
    } catch (error) {
      faults.set(row, error instanceof Error ? error.message : String(error));
      include[row] = 0;
      row++;
    }
  }
}
