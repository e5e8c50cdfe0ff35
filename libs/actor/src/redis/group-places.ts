import { stateField, type Keys, type PartitionName, type RedisConnection } from '@millrace/redis';
import { unavailable } from '@millrace/stream';
import { placeOf } from '../group-progress.js';

/** How far a version of a group has come over all partitions of its entity. */
export interface CatchUp {
  readonly partitions: number;
  /** Partitions in which it takes part in every event. */
  readonly live: number;
}

/** @throws MillraceError REDIS_UNAVAILABLE */
export async function readCatchUp(
  redis: RedisConnection,
  keys: Keys,
  group: { readonly name: string; readonly version: number },
  partitions: readonly PartitionName[],
): Promise<CatchUp> {
  const texts = await Promise.all(
    partitions.map((partition) => redis.hget(keys.meta(partition), 'groups')),
  ).catch((error: unknown) => {
    throw unavailable(error);
  });
  const live = texts.filter((text) => placeOf(text ?? '', stateField(group)) === 'live').length;
  return { partitions: partitions.length, live };
}
