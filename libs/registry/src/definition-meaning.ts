import type { Definition, GroupPlan, PlanDocument, RegisteredDefinition } from '@millrace/core';
import { canonicalJson } from './definition-differences.js';

/**
 * What makes two versions different. Of groups and sources it is the compiled plan, because that is what state
 * is built by: a group changes its meaning with a type of its source, and keeps it when only the way of
 * writing changes. Derived groups and services follow the newest of what they name: theirs is the text.
 */
export function meaningOf({ definition, version }: RegisteredDefinition, plan: PlanDocument): string {
  switch (definition.kind) {
    case 'Entity':
      return '';
    case 'Source': {
      const source = plan.sources.find(({ name }) => name === definition.name);
      // How long ids are remembered changes nothing of what features mean.
      return canonicalJson({ ...source, version: 0, dedupHorizonMs: 0 });
    }
    case 'FeatureGroup': {
      const group = plan.groups.find((known) => known.name === definition.name && known.version === version);
      return groupMeaning(group);
    }
    default:
      return canonicalJson(withoutMetadata(definition));
  }
}

/** The same of a compiled group. */
export const groupMeaning = (group: GroupPlan | undefined): string =>
  canonicalJson({ ...group, version: 0, freshnessTargetMs: 0 });

function withoutMetadata(definition: Definition): object {
  const { description: _description, owner: _owner, tags: _tags, ...meaning } = definition;
  return meaning;
}
