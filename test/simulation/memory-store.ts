import { OvertakenError } from '@millrace/actor';
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

/** What turns change of a partition; replaced, never changed in place. */
interface TurnRecord {
  generation: number;
  /** How many turns began at the offset in a row, with mail. */
  tries: number;
  states: ReadonlyMap<string, Uint8Array>;
  offset: EntryId;
  committer: string | undefined;
  progress: string;
  deadLetters: readonly DeadLetter[];
}

interface MemoryPartition extends TurnRecord {
  readonly log: LogEntry[];
  awake: boolean;
  /** As it was before each change since the newest append, oldest first: what a failover may go back to. */
  past: TurnRecord[];
}

/** What is broken on purpose, to show that the simulation would notice. */
export interface Sabotage {
  /** Commits of any generation are taken. */
  readonly ignoresGeneration?: boolean;
  /** A commit that is interrupted has moved the offset and not yet written the states. */
  readonly offsetBeforeStates?: boolean;
  /** A generation that a failover lost is given away again. */
  readonly repeatsGenerations?: boolean;
}

/** The partitions of a world in memory: each method is one atomic step, as each script is in Redis. */
export class MemoryStore implements ActorStore {
  readonly #partitions = new Map<PartitionName, MemoryPartition>();
  readonly #sabotage: Sabotage;
  #entries = 0;
  #clock = 0;

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
        tries: 0,
        offset: LOG_START,
        committer: undefined,
        progress: '',
        deadLetters: [],
        awake: false,
        past: [],
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
    partition.past = [];
    return { entry, wake };
  }

  /**
   * A replica takes over that had not yet heard of the last changes of a partition. Only what turns did is lost here:
   * a lost append is gone from every store, and nothing can be checked about it.
   */
  failOver(name: PartitionName, random: () => number): void {
    const partition = this.partition(name);
    const kept = Math.floor(random() * partition.past.length);
    const record = partition.past[kept];
    if (record) Object.assign(partition, record, { past: partition.past.slice(0, kept) });
  }

  /** What a blocking look at the log gets: at most one entry. */
  firstAfter(name: PartitionName, after: EntryId): LogEntry[] {
    const { log } = this.partition(name);
    return log.slice(placeAfter(log, after)).slice(0, 1);
  }

  async begin(name: PartitionName, _worker: string, limits: ReadLimits): Promise<BegunTurn> {
    const partition = this.partition(name);
    remember(partition);
    this.#clock++;
    partition.generation = this.#sabotage.repeatsGenerations
      ? partition.generation + 1
      : Math.max(partition.generation + 1, this.#clock);
    const entries = this.#read(partition, limits);
    partition.awake = true;
    if (entries.length > 0) partition.tries++;
    const { generation, tries, offset, committer, progress } = partition;
    return { generation: generation as Generation, tries, idleMs: 0, offset, committer, entries, progress };
  }

  async load(
    name: PartitionName,
    fields: readonly string[],
    entityIds: readonly string[],
    asked?: Generation,
  ): Promise<(Uint8Array | null)[][]> {
    const { states, generation } = this.partition(name);
    if (asked !== undefined && asked !== generation && !this.#sabotage.ignoresGeneration) {
      throw new OvertakenError(`another turn of ${name} began`);
    }
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
    const { offset, progress } = partition;
    const moves = offset !== outcome.offset || progress !== outcome.progress;
    if (moves && (offset !== permit.readAfter || progress !== permit.readProgress)) {
      if (!this.#sabotage.ignoresGeneration) return { kind: 'offset-moved', offset };
    }
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
    remember(partition);
    const states = new Map(partition.states);
    for (const actor of outcome.actors) {
      for (const [field, state] of actor.states) {
        states.set(`${actor.entityId} ${outcome.fields[field]}`, Uint8Array.from(state));
      }
    }
    if (partition.offset !== outcome.offset) partition.tries = 0;
    partition.states = states;
    partition.offset = outcome.offset;
    partition.progress = outcome.progress;
    partition.committer = outcome.committer;
    partition.deadLetters = [...partition.deadLetters, ...outcome.deadLetters];
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

function remember(partition: MemoryPartition): void {
  const { generation, tries, states, offset, committer, progress, deadLetters } = partition;
  partition.past.push({ generation, tries, states, offset, committer, progress, deadLetters });
}

/** The index of the first entry after another. From the end: what is read lies there. */
function placeAfter(log: readonly LogEntry[], entry: EntryId): number {
  let place = log.length;
  while (place > 0 && compareEntryIds((log[place - 1] as LogEntry).id, entry) > 0) place--;
  return place;
}
