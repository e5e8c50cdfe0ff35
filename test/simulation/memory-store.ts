import type {
  ActorStore,
  BegunTurn,
  CommitPermit,
  CommitResult,
  DeadLetter,
  Generation,
  LogEntry,
  ReadLimits,
  TurnOutcome,
} from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import { compareEntryIds, LOG_START, type EntryId } from '@millrace/stream';

interface MemoryPartition {
  readonly log: LogEntry[];
  readonly states: Map<string, Uint8Array>;
  generation: number;
  offset: EntryId;
  committer: string | undefined;
  progress: string;
  readonly deadLetters: DeadLetter[];
  awake: boolean;
}

/** What is broken on purpose, to show that the simulation would notice. */
export interface Sabotage {
  /** Commits of any generation are taken. */
  readonly ignoresGeneration?: boolean;
  /** A commit that is interrupted has moved the offset and not yet written the states. */
  readonly offsetBeforeStates?: boolean;
}

/** The partitions of a world in memory: each method is one atomic step, as each script is in Redis. */
export class MemoryStore implements ActorStore {
  readonly #partitions = new Map<PartitionName, MemoryPartition>();
  readonly #sabotage: Sabotage;
  #entries = 0;

  constructor(sabotage: Sabotage = {}) {
    this.#sabotage = sabotage;
  }

  partition(name: PartitionName): MemoryPartition {
    let partition = this.#partitions.get(name);
    if (!partition) {
      partition = {
        log: [],
        states: new Map(),
        generation: 0,
        offset: LOG_START,
        committer: undefined,
        progress: '',
        deadLetters: [],
        awake: false,
      };
      this.#partitions.set(name, partition);
    }
    return partition;
  }

  append(name: PartitionName, frame: Buffer): { readonly entry: EntryId; readonly wake: boolean } {
    const partition = this.partition(name);
    const entry: EntryId = `${++this.#entries}-0`;
    partition.log.push({ id: entry, frame, duplicates: [] });
    const wake = !partition.awake;
    partition.awake = true;
    return { entry, wake };
  }

  /** What a blocking look at the log gets: at most one entry. */
  firstAfter(name: PartitionName, after: EntryId): LogEntry[] {
    const { log } = this.partition(name);
    return log.slice(placeAfter(log, after)).slice(0, 1);
  }

  async begin(name: PartitionName, _worker: string, limits: ReadLimits): Promise<BegunTurn> {
    const partition = this.partition(name);
    partition.generation++;
    return {
      generation: partition.generation as Generation,
      offset: partition.offset,
      committer: partition.committer,
      entries: this.#read(partition, limits),
      progress: partition.progress,
    };
  }

  async load(
    name: PartitionName,
    fields: readonly string[],
    entityIds: readonly string[],
  ): Promise<(Uint8Array | null)[][]> {
    const { states } = this.partition(name);
    return entityIds.map((id) => fields.map((field) => states.get(`${id} ${field}`) ?? null));
  }

  async end(permit: CommitPermit, limits: ReadLimits): Promise<CommitResult> {
    const partition = this.partition(permit.partition);
    if (permit.generation !== partition.generation) {
      return { kind: 'stale-generation', newest: partition.generation };
    }
    return { kind: 'committed', next: this.#read(partition, limits) };
  }

  async readHistory(
    name: PartitionName,
    after: EntryId,
    upTo: EntryId,
    limits: ReadLimits,
  ): Promise<readonly LogEntry[]> {
    const { log } = this.partition(name);
    return log.slice(placeAfter(log, after), placeAfter(log, upTo)).slice(0, limits.events);
  }

  async commit(permit: CommitPermit, outcome: TurnOutcome, limits: ReadLimits): Promise<CommitResult> {
    const partition = this.partition(permit.partition);
    if (permit.generation !== partition.generation && !this.#sabotage.ignoresGeneration) {
      return { kind: 'stale-generation', newest: partition.generation };
    }
    if (partition.offset !== permit.readAfter && partition.offset !== outcome.offset) {
      if (!this.#sabotage.ignoresGeneration) return { kind: 'offset-moved', offset: partition.offset };
    }
    const moves = partition.offset !== outcome.offset || partition.progress !== outcome.progress;
    if (moves) this.#write(partition, outcome);
    const next = this.#read(partition, limits);
    if (outcome.lingers) partition.awake = true;
    return { kind: 'committed', next };
  }

  /** What a commit that is cut off in the middle leaves behind: nothing, if all is well. */
  interruptedCommit(permit: CommitPermit, outcome: TurnOutcome): void {
    const partition = this.partition(permit.partition);
    if (this.#sabotage.offsetBeforeStates && permit.generation === partition.generation) {
      partition.offset = outcome.offset;
    }
  }

  #write(partition: MemoryPartition, outcome: TurnOutcome): void {
    for (const { entityId, states } of outcome.actors) {
      for (const [field, state] of states) {
        partition.states.set(`${entityId} ${outcome.fields[field]}`, Uint8Array.from(state));
      }
    }
    partition.offset = outcome.offset;
    partition.progress = outcome.progress;
    partition.committer = outcome.committer;
    partition.deadLetters.push(...outcome.deadLetters);
  }

  #read(partition: MemoryPartition, limits: ReadLimits): LogEntry[] {
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (const entry of partition.log.slice(placeAfter(partition.log, partition.offset))) {
      if (entries.length >= limits.events || bytes >= limits.bytes) break;
      entries.push(entry);
      bytes += entry.frame.length;
    }
    if (entries.length === 0) partition.awake = false;
    return entries;
  }
}

/** The index of the first entry after another. From the end: what is read lies there. */
function placeAfter(log: readonly LogEntry[], entry: EntryId): number {
  let place = log.length;
  while (place > 0 && compareEntryIds((log[place - 1] as LogEntry).id, entry) > 0) place--;
  return place;
}
