/** `customer.17`: an entity and the number of one of its stream partitions. */
export type PartitionName = `${string}.${number}`;

export function partitionName(entity: string, index: number): PartitionName {
  return `${entity}.${index}`;
}

/** Every partition of an entity, in order. */
export function partitionsOf(entity: {
  readonly name: string;
  readonly partitions: number;
}): PartitionName[] {
  return Array.from({ length: entity.partitions }, (_, index) => partitionName(entity.name, index));
}

/** The entity and number of a partition's name; entity names hold no dot. */
export function parsePartitionName(name: string): { entity: string; index: number } | undefined {
  const dot = name.lastIndexOf('.');
  const index = Number(name.slice(dot + 1));
  return dot > 0 && Number.isInteger(index) && index >= 0 ? { entity: name.slice(0, dot), index } : undefined;
}
