import {
  compileDerivedProgram,
  type DerivedGroupPlan,
  type DerivedProgram,
  type PlanDocument,
} from '@millrace/core';
import { stateField } from '@millrace/redis';
import type { SlotTable } from './slot-table.js';

export interface CompiledDerivedGroup {
  readonly group: DerivedGroupPlan;
  readonly program: DerivedProgram;
}

/**
 * The programs of the derived groups that the slots ask for, each after those that it reads. What they read
 * gets slots too, which may ask for more of a derived group: so until nothing changes.
 */
export function derivedPrograms(plan: PlanDocument, slots: SlotTable): CompiledDerivedGroup[] {
  const compiled = new Map<string, CompiledDerivedGroup>();
  for (let changed = true; changed;) {
    changed = false;
    for (const group of plan.derivedGroups) {
      const field = stateField(group);
      const wanted = slots.of(field).map(({ feature }) => feature);
      if (wanted.length === (compiled.get(field)?.program.features.length ?? 0)) continue;
      const program = compileDerivedProgram(group, plan, wanted);
      compiled.set(field, { group, program });
      for (const input of program.inputs) slots.slotOf(input);
      changed = true;
    }
  }
  return inOrder(compiled);
}

/** Definitions are free of cycles (checked when they were registered), so each can follow its inputs. */
function inOrder(compiled: ReadonlyMap<string, CompiledDerivedGroup>): CompiledDerivedGroup[] {
  const ordered = new Set<CompiledDerivedGroup>();
  const visit = (derived: CompiledDerivedGroup): void => {
    for (const { group, version } of derived.program.inputs) {
      const input = compiled.get(stateField({ name: group, version }));
      if (input && !ordered.has(input)) visit(input);
    }
    ordered.add(derived);
  };
  for (const derived of compiled.values()) visit(derived);
  return [...ordered];
}
