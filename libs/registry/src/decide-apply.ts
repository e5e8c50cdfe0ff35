import type { DefinitionFault } from '@millrace/core';
import { decideChanges, type Decision, type Removal } from './changes.js';
import { readDefinitions, type LocatedFault } from './read-definitions.js';
import type { ReadablePart } from './readable-part.js';
import type { RegistryState } from './registry-state.js';

export type ApplyDecision =
  | Extract<Decision, { kind: 'accepted' }>
  | { readonly kind: 'refused'; readonly faults: readonly LocatedFault[] };

/**
 * What applying these values would do, or all that is wrong with them: with their form, and with the meaning of
 * what can be read of them.
 */
export function decideApply(
  state: RegistryState,
  values: readonly unknown[],
  removal: Removal,
): ApplyDecision {
  const { definitions, faults, readable } = readDefinitions(values);
  const parts = readable.flatMap(({ definition }) => definition ?? []);
  const outlines = readable.flatMap((part) => part.outlines);
  const decision = decideChanges(state, [...definitions, ...parts], removal, outlines);
  if (decision.kind === 'accepted' && faults.length === 0) return decision;
  const meant = decision.kind === 'refused' ? decision.faults : [];
  const told = meant.flatMap((fault) => asWritten(fault, readable) ?? []);
  return { kind: 'refused', faults: [...faults, ...told.map((fault) => located(fault, values))] };
}

function asWritten(fault: DefinitionFault, readable: readonly ReadablePart[]): DefinitionFault | undefined {
  const part = readable.find(({ definition }) => isOf(fault, definition));
  return part ? part.told(fault) : fault;
}

function located(fault: DefinitionFault, values: readonly unknown[]): LocatedFault {
  const index = values.findLastIndex((value) => isOf(fault, value));
  return index < 0 ? fault : { ...fault, index };
}

function isOf({ kind, name }: DefinitionFault, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'kind' in value && value.kind === kind && 'name' in value && value.name === name;
}
