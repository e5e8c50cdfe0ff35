import {
  compileRowProgram,
  routeIdOf,
  type AggregatedGroupPlan,
  type DurationMs,
  type GroupEngine,
  type PlanDocument,
  type RowProgram,
} from '@millrace/core';
import { stateField } from '@millrace/redis';

/** A group in the form in which turns run it. */
export interface TurnGroup {
  /** `group@version`: its field in the actors' hashes. */
  readonly field: string;
  readonly plan: AggregatedGroupPlan;
  readonly engine: GroupEngine;
  readonly rows: RowProgram;
  /** Its place among the groups of its entity, and so in every activation. */
  readonly slot: number;
}

/** What turns of one entity's partitions do. */
export interface TurnProgram {
  readonly entity: string;
  /** Of the plan: a turn under an older plan leaves the groups of a newer one behind. */
  readonly revision: number;
  /** In the order of their slots. */
  readonly groups: readonly TurnGroup[];
  readonly fields: readonly string[];
  /** The groups that read frames of this source and route. */
  groupsOf(source: string, route: string): readonly TurnGroup[];
  /** How long ids of a source's events are remembered; undefined where the source does not say. */
  dedupHorizonMs(source: string): DurationMs | undefined;
  /** After how many ms without events an actor can be forgotten; undefined where a group never forgets. */
  readonly forgetAfterMs: number | undefined;
}

/** How long ago a state's time of being forgotten may have been set for a commit to leave it as it is. */
export const EXPIRY_AGE_MS_MAX = 900_000;
/** A state outlives what can be seen of it: events may lie in the future as far as ingest allows. */
const FORGET_MARGIN_MS = 3_600_000 + EXPIRY_AGE_MS_MAX;

/** The turn program of each entity of a plan, by entity name. */
export function compileTurnPrograms(
  plan: PlanDocument,
  compileGroup: (group: AggregatedGroupPlan) => GroupEngine,
): ReadonlyMap<string, TurnProgram> {
  const programs = new Map<string, TurnProgram>();
  const horizons = new Map(plan.sources.map(({ name, dedupHorizonMs }) => [name, dedupHorizonMs]));
  for (const entity of plan.entities) {
    const groups: TurnGroup[] = [];
    const byRoute = new Map<string, TurnGroup[]>();
    for (const group of plan.groups) {
      if (group.kind !== 'aggregated' || group.entity !== entity.name) continue;
      const source = plan.sources.find((candidate) => candidate.name === group.source);
      if (!source)
        throw new Error(`plan ${plan.revision}: group ${group.name} has no source ${group.source}`);
      const compiled: TurnGroup = {
        field: stateField(group),
        plan: group,
        engine: compileGroup(group),
        rows: compileRowProgram(group, source),
        slot: groups.length,
      };
      groups.push(compiled);
      const route = `${group.source} ${routeIdOf(group)}`;
      byRoute.set(route, [...(byRoute.get(route) ?? []), compiled]);
    }
    programs.set(entity.name, {
      entity: entity.name,
      revision: plan.revision,
      groups,
      fields: groups.map((group) => group.field),
      dedupHorizonMs: (source) => horizons.get(source),
      groupsOf: (source, route) => byRoute.get(`${source} ${route}`) ?? [],
      forgetAfterMs: forgetAfterMs(groups.map((group) => group.plan)),
    });
  }
  return programs;
}

/** The longest that any value of any group can still be asked for: its longest window, or its TTL. */
function forgetAfterMs(groups: readonly AggregatedGroupPlan[]): number | undefined {
  let longestMs = 0;
  for (const group of groups) {
    for (const window of group.windows) {
      switch (window.kind) {
        case 'sliding':
        case 'tumbling':
          longestMs = Math.max(longestMs, window.lengthMs);
          break;
        case 'session':
          longestMs = Math.max(longestMs, window.longestMs + window.gapMs);
          break;
        case 'records':
          if (window.withinMs === undefined && group.ttlMs === undefined) return undefined;
          longestMs = Math.max(longestMs, window.withinMs ?? 0);
          break;
        case 'lifetime':
          return undefined;
      }
    }
    longestMs = Math.max(longestMs, group.ttlMs ?? 0);
  }
  return longestMs + FORGET_MARGIN_MS;
}
