import type { AggregatedGroupPlan, FeatureValue, GroupBatch, GroupEngine, Timeline } from '@millrace/core';

/** A timeline that remembers every event it was given, in order: what the runtime did, in plain sight. */
export interface Ledger extends Timeline {
  readonly applied: number[];
}

/**
 * An engine whose state is the list of values applied. It shows a lost, a repeated and a reordered event of any
 * actor, where an aggregate could hide two faults that cancel out. Group inputs: one numeric column.
 *
 * Values below `refuses` throw when they are applied, after the timeline was half changed.
 */
export function ledgerEngine(plan: AggregatedGroupPlan, refuses = -Infinity): GroupEngine {
  return {
    plan,
    create: () => ledger([]),
    apply(timeline, batch, row) {
      const value = valueOf(batch, row);
      (timeline as Ledger).applied.push(value);
      if (value < refuses) throw new RangeError(`${value} is below ${refuses}`);
      return 'applied';
    },
    encode: (timeline) => Buffer.from(JSON.stringify((timeline as Ledger).applied)),
    decode: (bytes) => ledger(JSON.parse(Buffer.from(bytes).toString('utf8')) as number[]),
    finish: (timeline, _asOf, into: FeatureValue[]) => {
      into.push((timeline as Ledger).applied.length);
    },
    settledUntil: () => Infinity,
    evidence: () => [],
  };
}

function ledger(applied: number[]): Ledger {
  return {
    applied,
    newest: applied.length === 0 ? -Infinity : 0,
    changedIn: 0,
    get bytes() {
      return 16 + applied.length * 8;
    },
  };
}

function valueOf(batch: GroupBatch, row: number): number {
  const [column] = batch.columns;
  if (column?.kind !== 'number') throw new Error('the ledger engine reads one numeric column');
  return column.values[row] as number;
}
