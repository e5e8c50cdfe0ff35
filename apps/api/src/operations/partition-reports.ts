import { readPartitionStatus, type PartitionStatus } from '@millrace/actor';
import { MillraceError, nearestName, type Instant, type PlanDocument } from '@millrace/core';
import { partitionsOf, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';

/** How fresh one version of one group is, over all of its entities. */
export interface GroupFreshness {
  readonly group: string;
  readonly version: number;
  readonly entity: string;
  readonly newestEventTime: string | null;
  /** Now minus the newest event time that reached the entity's partitions; null before the first event. */
  readonly freshnessMs: number | null;
  /** Age of the oldest event that waits in a mailbox. */
  readonly lagMs: number;
  readonly targetMs: number | null;
  /** Whether the lag is within the target; null where none is declared. */
  readonly withinTarget: boolean | null;
}

/** What the partitions of a plan say about themselves. */
export class PartitionReports {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  /** @throws MillraceError NOT_FOUND for an entity that the plan does not have, REDIS_UNAVAILABLE. */
  statuses(plan: PlanDocument, entity?: string): Promise<readonly PartitionStatus[]> {
    return readPartitionStatus(this.redis, this.keys, partitionsFor(plan, entity));
  }

  async freshness(plan: PlanDocument, now: Instant): Promise<GroupFreshness[]> {
    const statuses = await this.statuses(plan);
    return plan.groups
      .filter(({ kind }) => kind === 'aggregated')
      .map((group) => {
        const own = statuses.filter(({ partition }) => partition.startsWith(`${group.entity}.`));
        const newest = Math.max(...own.map(({ newestEventTime }) => newestEventTime ?? -Infinity));
        const lagMs = Math.max(0, ...own.map((status) => status.lagMs));
        const known = Number.isFinite(newest);
        const targetMs = group.freshnessTargetMs ?? null;
        return {
          group: group.name,
          version: group.version,
          entity: group.entity,
          newestEventTime: known ? new Date(newest).toISOString() : null,
          freshnessMs: known ? now - newest : null,
          lagMs,
          targetMs,
          withinTarget: targetMs === null ? null : lagMs <= targetMs,
        };
      });
  }
}

/** The partitions of one entity, or of all. @throws MillraceError NOT_FOUND. */
export function partitionsFor(plan: PlanDocument, entity?: string): PartitionName[] {
  if (entity === undefined) return plan.entities.flatMap(partitionsOf);
  const found = plan.entities.find(({ name }) => name === entity);
  if (found) return partitionsOf(found);
  const nearest = nearestName(
    entity,
    plan.entities.map(({ name }) => name),
  );
  const hint = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
  throw new MillraceError('NOT_FOUND', `there is no entity ${JSON.stringify(entity)}${hint}`);
}
