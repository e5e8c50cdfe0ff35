import type { PartitionName } from './partition-name.js';

/**
 * The only place that spells Redis keys (design.md §3). All keys of a stream partition share its hash tag,
 * so that one script may touch them in Redis Cluster; a queue's keys share the queue's.
 */
export class Keys {
  constructor(
    /** In front of every key; `MILLRACE_KEY_PREFIX`. */
    readonly prefix: string = 'millrace:',
  ) {}

  /** Stream: the frames of a partition, the mailbox being what lies after the committed offset. */
  log(partition: PartitionName): string {
    return `${this.prefix}{${partition}}:log`;
  }

  /** Hash: generation, committed offset, counters of the mailbox, generations of seen event ids. */
  meta(partition: PartitionName): string {
    return `${this.prefix}{${partition}}:meta`;
  }

  /** Stream: events that could not be applied. */
  dead(partition: PartitionName): string {
    return `${this.prefix}{${partition}}:dead`;
  }

  /** Hash: one field per feature group version, see `stateField`. */
  actor(partition: PartitionName, entityId: string): string {
    return `${this.actorPrefix(partition)}${entityId}`;
  }

  /** Hash: one field per pushed group version, see `stateField`; turns never touch it. */
  pushed(partition: PartitionName, entityId: string): string {
    return `${this.prefix}{${partition}}:p:${entityId}`;
  }

  /** What `actor` puts in front of the entity id: scripts append ids to it themselves. */
  actorPrefix(partition: PartitionName): string {
    return `${this.prefix}{${partition}}:a:`;
  }

  /** What the sets of seen event ids begin with: `<generation>:<bucket>` follows. */
  seenPrefix(partition: PartitionName): string {
    return `${this.prefix}{${partition}}:seen:`;
  }

  /** Channel: mail for the turns of a worker that wait for it, and that a partition has some. */
  mail(worker: string): string {
    return `${this.mailPrefix}${worker}`;
  }

  /** What `mail` puts in front of the worker: scripts append it themselves. */
  get mailPrefix(): string {
    return `${this.prefix}mail:`;
  }

  /** Hash: `revision` and `document` of the plan. */
  get plan(): string {
    return `${this.prefix}plan`;
  }

  /** Hash: what each process that lives says about itself. */
  get processes(): string {
    return `${this.prefix}processes`;
  }

  /** Hash: what was served of each feature through each service, see add-usage.lua. */
  get usage(): string {
    return `${this.prefix}usage`;
  }

  /** Stream: samples of served vectors. */
  get served(): string {
    return `${this.prefix}served`;
  }

  /** Hash: `revision` and `document` of the API keys. */
  get accessKeys(): string {
    return `${this.prefix}access-keys`;
  }

  /** The prefix that BullMQ gets for a queue: hash-tagged, as its scripts need in Redis Cluster. */
  queuePrefix(queue: string): string {
    return `${this.prefix}{${queue}}`;
  }
}

/** The field of an actor's hash that holds its state for one version of a group. */
export function stateField(group: { readonly name: string; readonly version: number }): string {
  return `${group.name}@${group.version}`;
}
