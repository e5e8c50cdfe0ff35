import type { EntityPlan, GroupPlan, PlanDocument } from '../plan/plan.js';

/**
 * How a source reaches an entity: the entity, and the fields of the source that hold its join keys. Groups
 * with the same route share its frames; a source that feeds airports by origin and by destination has two.
 */
export interface Route {
  /** `airport(origin)`: names the route in frames, so that a frame says which groups may read it. */
  readonly id: string;
  readonly entity: EntityPlan;
  readonly keyFields: readonly string[];
}

export function routeIdOf(group: Pick<GroupPlan, 'entity' | 'keyFields'>): string {
  return `${group.entity}(${group.keyFields.join(',')})`;
}

/** The routes of a source's aggregated groups, each once, in the order of the plan. */
export function routesOf(plan: PlanDocument, source: string): Route[] {
  const routes = new Map<string, Route>();
  for (const group of plan.groups) {
    if (group.kind !== 'aggregated' || group.source !== source) continue;
    const entity = plan.entities.find((candidate) => candidate.name === group.entity);
    if (!entity) throw new Error(`plan ${plan.revision}: group ${group.name} has no entity ${group.entity}`);
    const id = routeIdOf(group);
    if (!routes.has(id)) routes.set(id, { id, entity, keyFields: group.keyFields });
  }
  return [...routes.values()];
}
