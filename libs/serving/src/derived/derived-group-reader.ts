import type { DerivedGroupPlan, DerivedProgram, FeatureValue } from '@millrace/core';
import { stateField } from '@millrace/redis';
import type { VectorRow } from '../groups/group-reader.js';
import type { FeatureKey, SlotTable } from '../layout/slot-table.js';
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
  /** The request's fields that they read. */
  readonly requestFields: readonly RequestField[];
  /** By feature that is computed: which event times are those of what it is computed from. */
  readonly inputTimes: readonly (readonly number[])[];
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
    timeOf: (input: FeatureKey) => number,
    /** Its features' place among the event times of a row. */
    readonly firstTime: number,
  ) {
    this.field = stateField(group);
    this.requestFields = program.requestFields;
    const times = program.inputs.map(timeOf);
    this.inputTimes = program.reads.map((inputs) => [...new Set(inputs.map((input) => times[input] ?? -1))]);
    this.inputSlots = program.inputs.map((input) => slots.slotOf(input));
    this.outputSlots = program.features.map(({ name }) =>
      slots.slotOf({ group: group.name, version: group.version, feature: name }),
    );
    this.fallbacks = program.features.map((feature) => defaultValue(feature.type, feature.default));
  }

  elementOf(feature: string): ElementType {
    const declared = this.program.features[this.positionOf(feature)];
    if (!declared) throw new Error(`${this.field} has no feature ${feature}`);
    return elementTypeOf(declared.type);
  }

  /** What a feature is computed from, as references `group@version:feature`. */
  inputsOf(feature: string): string[] {
    const { inputs, reads } = this.program;
    return (reads[this.positionOf(feature)] ?? []).flatMap((at) => {
      const input = inputs[at];
      return input ? [`${stateField({ name: input.group, version: input.version })}:${input.feature}`] : [];
    });
  }

  /** A feature's place among those that are computed. */
  positionOf(feature: string): number {
    return this.program.features.findIndex(({ name }) => name === feature);
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
   * @returns what is at fault, feature by feature, if any.
   */
  finish(request: readonly FeatureValue[], row: VectorRow): string | undefined {
    const { values, statuses, base } = row;
    for (const [i, slot] of this.inputSlots.entries()) this.inputValues[i] = values[base + slot] ?? null;
    const faults = this.program.run(this.inputValues, request, this.computed);
    for (const [position, slot] of this.outputSlots.entries()) {
      const value = this.computed[position] ?? null;
      const failed = faults.has(position);
      values[base + slot] = value ?? this.fallbacks[position] ?? null;
      statuses[base + slot] = failed ? STATUS.INVALID : this.statusOf(position, value, row);
    }
    if (faults.size === 0) return undefined;
    return [...faults].map(([at, message]) => `${this.program.features[at]?.name}: ${message}`).join('; ');
  }

  /** A value is a value, whatever it came from; a null says why, as far as its inputs can tell. */
  private statusOf(position: number, value: FeatureValue, { statuses, base }: VectorRow): Status {
    if (value !== null) return STATUS.PRESENT;
    const worst = (this.program.reads[position] ?? [])
      .map((input) => statuses[base + (this.inputSlots[input] as number)] as Status)
      .reduce(worse, STATUS.PRESENT);
    return worst === STATUS.PRESENT ? STATUS.NULL_VALUE : worst;
  }
}

/** Unreadable is worst, then the more is missing the worse: INVALID has the least number, and says most. */
function worse(a: Status, b: Status): Status {
  return a === STATUS.INVALID || b === STATUS.INVALID ? STATUS.INVALID : a > b ? a : b;
}
