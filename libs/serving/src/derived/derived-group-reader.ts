import type { DerivedGroupPlan, DerivedProgram, FeatureValue } from '@millrace/core';
import { stateField } from '@millrace/redis';
import type { VectorRow } from '../groups/group-reader.js';
import type { SlotTable } from '../layout/slot-table.js';
import type { RequestRow } from '../rows/join-key.js';
import { readRequestFields, type RequestField } from '../rows/request-fields.js';
import { STATUS, type Status } from '../status.js';
import { defaultValue } from '../values/default-value.js';
import type { InstantReader } from '../values/typed-value.js';
import { elementTypeOf, type ElementType } from '../wire/value-json.js';

/** Computes one derived group for a feature service, row by row, after all that it reads is in its slots. */
export class DerivedGroupReader {
  /** `group@version`. */
  readonly field: string;
  /** What the expressions read, as references `group@version:feature`. */
  readonly inputs: readonly string[];
  /** The request's fields that they read. */
  readonly requestFields: readonly RequestField[];
  /** Indices of the groups that the expressions read. */
  readonly inputGroups: readonly number[];
  private readonly inputSlots: readonly number[];
  private readonly outputSlots: readonly number[];
  private readonly fallbacks: readonly FeatureValue[];
  /** Scratch of one row; a read never awaits between rows. */
  private readonly inputValues: FeatureValue[] = [];
  private readonly computed: FeatureValue[] = [];

  constructor(
    group: DerivedGroupPlan,
    private readonly program: DerivedProgram,
    slots: SlotTable,
    groupIndices: ReadonlyMap<string, number>,
  ) {
    this.field = stateField(group);
    const fields = program.inputs.map((input) => stateField({ name: input.group, version: input.version }));
    this.inputs = program.inputs.map(({ feature }, i) => `${fields[i]}:${feature}`);
    this.requestFields = program.requestFields;
    this.inputGroups = [...new Set(fields)].map((field) => groupIndices.get(field) ?? -1);
    this.inputSlots = program.inputs.map((input) => slots.slotOf(input));
    this.outputSlots = program.features.map(({ name }) =>
      slots.slotOf({ group: group.name, version: group.version, feature: name }),
    );
    this.fallbacks = program.features.map((feature) => defaultValue(feature.type, feature.default));
  }

  elementOf(feature: string): ElementType {
    const declared = this.program.features.find(({ name }) => name === feature);
    if (!declared) throw new Error(`${this.field} has no feature ${feature}`);
    return elementTypeOf(declared.type);
  }

  /** The request's fields as the expressions want them. @throws MillraceError REQUEST_FIELD_*. */
  requestValues(
    row: RequestRow,
    request: RequestRow | undefined,
    index: number,
    instant?: InstantReader,
  ): FeatureValue[] {
    return readRequestFields(this.requestFields, row, request, index, instant);
  }

  /**
   * Computes one row. An expression that cannot go on costs only its own value.
   * @returns the first fault, if any.
   */
  finish(request: readonly FeatureValue[], row: VectorRow): string | undefined {
    const { values, statuses, base } = row;
    let worst: Status = STATUS.PRESENT;
    for (const [i, slot] of this.inputSlots.entries()) {
      this.inputValues[i] = values[base + slot] ?? null;
      worst = worse(worst, statuses[base + slot] as Status);
    }
    const faults = this.program.run(this.inputValues, request, this.computed);
    for (const [position, slot] of this.outputSlots.entries()) {
      const value = this.computed[position] ?? null;
      const failed = faults.has(position);
      values[base + slot] = value ?? this.fallbacks[position] ?? null;
      statuses[base + slot] = failed ? STATUS.INVALID : statusOf(value, worst);
    }
    return faults.values().next().value;
  }
}

/** Unreadable is worst, then the more is missing the worse: INVALID has the least number, and says most. */
function worse(a: Status, b: Status): Status {
  return a === STATUS.INVALID || b === STATUS.INVALID ? STATUS.INVALID : a > b ? a : b;
}

/** A value is a value, whatever it came from; a null says why, as far as the inputs can tell. */
function statusOf(value: FeatureValue, worstInput: Status): Status {
  if (value !== null) return STATUS.PRESENT;
  return worstInput === STATUS.PRESENT ? STATUS.NULL_VALUE : worstInput;
}
