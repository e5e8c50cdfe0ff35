import type { Partition } from '../api/operations.js';

export interface EntityPartitions {
  readonly entity: string;
  readonly partitions: readonly Partition[];
  /** That wait in the mailboxes. */
  readonly events: number;
}

export interface PartitionSummary {
  readonly mailbox: { readonly events: number; readonly bytes: number };
  /** Of the partition that is furthest behind. */
  readonly lagMs: number;
  readonly awake: number;
  readonly applied: number;
  readonly deadLetters: number;
  /** In the order in which the api names them. */
  readonly entities: readonly EntityPartitions[];
}

export function summaryOf(partitions: readonly Partition[]): PartitionSummary {
  const byEntity = groupByEntity(partitions);
  return {
    mailbox: {
      events: sum(partitions, ({ mailbox }) => mailbox.events),
      bytes: sum(partitions, ({ mailbox }) => mailbox.bytes),
    },
    lagMs: Math.max(0, ...partitions.map(({ lagMs }) => lagMs)),
    awake: partitions.filter(({ awake }) => awake).length,
    applied: sum(partitions, ({ applied }) => applied.events),
    deadLetters: sum(partitions, ({ deadLetters }) => deadLetters.kept),
    entities: [...byEntity].map(([entity, own]) => ({
      entity,
      partitions: own,
      events: sum(own, ({ mailbox }) => mailbox.events),
    })),
  };
}

/** `airport.3` is the fourth partition of the airport. */
function groupByEntity(partitions: readonly Partition[]): Map<string, Partition[]> {
  const groups = new Map<string, Partition[]>();
  for (const partition of partitions) {
    const entity = partition.partition.replace(/\.\d+$/, '');
    const own = groups.get(entity);
    if (own) own.push(partition);
    else groups.set(entity, [partition]);
  }
  return groups;
}

function sum(partitions: readonly Partition[], of: (partition: Partition) => number): number {
  return partitions.reduce((total, partition) => total + of(partition), 0);
}
