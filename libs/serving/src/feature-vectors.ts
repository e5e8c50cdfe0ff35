import type { FeatureValue, ValueEvidence } from '@millrace/core';
import type { RowAnswers } from './ready/row-answers.js';

/** Groups of rows that could not be read, and why; their features are INVALID, the rest of the row is served. */
export class GroupFaults {
  /** By row and group; made with the first, because nearly all answers have none. */
  private messages: Map<number, Map<string, string>> | undefined;

  get isEmpty(): boolean {
    return this.messages === undefined;
  }

  add(row: number, group: string, message: string): void {
    this.messages ??= new Map();
    const own = this.messages.get(row);
    if (own) own.set(group, message);
    else this.messages.set(row, new Map([[group, message]]));
  }

  /** Messages by group; undefined where all of the row could be read. */
  of(row: number): ReadonlyMap<string, string> | undefined {
    return this.messages?.get(row);
  }
}

/**
 * The answer of a read, flat and row-major: value (row, slot) is at `row * slots + slot`. The first
 * `layout.outputs.length` slots are the answer's features in order; further slots only feed derived ones.
 */
export interface FeatureVectors {
  readonly rows: number;
  readonly slots: number;
  /** The width of `eventTimes`: stored groups, then derived features. */
  readonly times: number;
  readonly values: FeatureValue[];
  readonly statuses: Uint8Array;
  /** By row: the instant at which its windows were finished. */
  readonly asOf: Float64Array;
  /** Row-major by (row, time): newest event time, -Infinity where nothing is stored. */
  readonly eventTimes: Float64Array;
  readonly faults: GroupFaults;
  /** By (row, slot) like values; present where the request asked for it. */
  readonly evidence?: readonly (ValueEvidence | undefined)[];
  /** Rows whose values are there as text: then they are nowhere else. Undefined where none may be. */
  readonly answers?: RowAnswers | undefined;
}
