/**
 * A seeded world in which the real turn runner, activation cache and frames run against a store in memory and a
 * model of BullMQ. One random number decides each step: which of the requests under way is answered, whether
 * the request or its reply is lost or it arrives twice, which worker crashes, freezes or goes on, when a lock
 * lapses, what is appended, whether a wake-up is lost. The same seed gives the same run.
 *
 * Checked: I1 (commits carry the newest generation, offsets only grow), I2 and I3 (at the end every actor's
 * ledger is what was appended, once and in order), I6 (batches and activations stay within their limits).
 */
import {
  ActivationCache,
  compileTurnPrograms,
  TurnRunner,
  type ActorStore,
  type CommitPermit,
  type CommitResult,
  type LogEntry,
  type MailboxWatch,
  type TurnOutcome,
} from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import { compareEntryIds, LOG_START, type EntryId } from '@millrace/stream';
import { seededRandom } from '../faults/seeded-random.js';
import { ledgerEngine } from './ledger-engine.js';
import { ledgerFrame, ledgerPlan } from './ledger-plan.js';
import { MemoryStore, type Sabotage } from './memory-store.js';
import { TurnQueueModel } from './turn-queue-model.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Something broken on purpose; `losesSweep`: nobody looks for lost wake-ups. */
  readonly sabotage?: Sabotage & { readonly losesSweep?: boolean };
  /** Called with each step, to follow one run. */
  readonly trace?: (line: string) => void;
}

export interface SimulationOutcome {
  readonly seed: number;
  readonly steps: number;
  readonly events: number;
  readonly commits: number;
  readonly refused: number;
  readonly crashes: number;
  readonly pauses: number;
  /** What was found wrong; none where all invariants held. */
  readonly violations: readonly string[];
}

const PARTITIONS: readonly PartitionName[] = ['actor.0', 'actor.1'];
const FIELD = 'ledger@1';
const WORKERS = 2;
const TURNS_PER_WORKER = 2;
const ACTIVATIONS_MAX = 3;
const LIMITS = {
  batch: { events: 3, bytes: 1_000_000 },
  budgetMs: 12,
  lingerMs: 0,
  holdMs: 40,
  dedupHorizonMs: 600_000,
};
const FAULTY_STEPS = 150;
/** A run that is not quiet after this many steps without faults never will be. */
const QUIET_STEPS_MAX = 2_000;

const programs = compileTurnPrograms(ledgerPlan({ partitions: PARTITIONS.length }), (group) =>
  ledgerEngine(group),
);

/** How the network treats one request. */
type Delivery = 'both' | 'request-lost' | 'reply-lost' | 'twice';

interface PendingRequest {
  readonly worker: SimulatedWorker;
  readonly what: string;
  deliver(delivery: Delivery): void;
}

interface SimulatedWorker {
  readonly id: number;
  readonly runner: TurnRunner;
  readonly cache: ActivationCache;
  readonly locks: Map<number, PartitionName>;
  state: 'running' | 'frozen' | 'dead';
}

export async function simulate(options: SimulationOptions): Promise<SimulationOutcome> {
  return new World(options).run();
}

class World {
  readonly #random: () => number;
  readonly #store: MemoryStore;
  readonly #queue = new TurnQueueModel();
  readonly #appended = new Map<string, number[]>();
  readonly #committedUpTo = new Map<PartitionName, EntryId>();
  readonly #violations: string[] = [];
  #workers: SimulatedWorker[] = [];
  #requests: PendingRequest[] = [];
  #steps = 0;
  #events = 0;
  #commits = 0;
  #refused = 0;
  #crashes = 0;
  #pauses = 0;
  #started = 0;

  constructor(private readonly options: SimulationOptions) {
    this.#random = seededRandom(options.seed);
    this.#store = new MemoryStore(options.sabotage);
  }

  async run(): Promise<SimulationOutcome> {
    while (this.#workers.length < WORKERS) this.#startWorker();
    for (let step = 0; step < FAULTY_STEPS; step++) await this.#step(true);
    for (const worker of this.#workers) if (worker.state === 'frozen') worker.state = 'running';
    let quiet = 0;
    for (let step = 0; quiet < 3; step++) {
      if (step > QUIET_STEPS_MAX) {
        this.#violations.push(`not quiet after ${QUIET_STEPS_MAX} steps without faults`);
        break;
      }
      quiet = (await this.#step(false)) ? 0 : quiet + 1;
    }
    this.#checkLedgers();
    return {
      seed: this.options.seed,
      steps: this.#steps,
      events: this.#events,
      commits: this.#commits,
      refused: this.#refused,
      crashes: this.#crashes,
      pauses: this.#pauses,
      violations: this.#violations,
    };
  }

  /** Does one thing that may happen now; answers whether there was any. */
  async #step(withFaults: boolean): Promise<boolean> {
    this.#steps++;
    const things = withFaults ? [...this.#work(true), ...this.#faults()] : this.#work(false);
    if (things.length === 0) return this.#sweep();
    this.#pick(things)();
    await settled();
    return true;
  }

  /** What the system does by itself. */
  #work(withFaults: boolean): (() => void)[] {
    const things: (() => void)[] = [];
    for (const request of this.#requests) {
      if (request.worker.state === 'running') things.push(() => this.#answer(request, withFaults));
    }
    for (const worker of this.#workers) {
      if (worker.state !== 'running' || worker.locks.size >= TURNS_PER_WORKER) continue;
      this.#queue.waiting.forEach((_, index) => things.push(() => this.#takeTurn(worker, index)));
    }
    if (withFaults) things.push(() => this.#append());
    return things;
  }

  /** What happens to it. Rarer than work: each is drawn only now and then. */
  #faults(): (() => void)[] {
    const things: (() => void)[] = [];
    for (const worker of this.#workers) {
      if (this.#random() < 0.08) things.push(() => this.#crash(worker));
      if (worker.state === 'running' && this.#random() < 0.2) things.push(() => this.#freeze(worker));
      if (worker.state === 'frozen') things.push(() => this.#thaw(worker));
      for (const [lock, partition] of worker.locks) {
        const lapses = worker.state === 'frozen' || this.#random() < 0.05;
        if (lapses) things.push(() => this.#lapse(worker, lock, partition));
      }
    }
    if (this.#random() < 0.1) things.push(() => void this.#sweep());
    return things;
  }

  #startWorker(): void {
    const id = ++this.#started;
    const cache = new ActivationCache({ count: ACTIVATIONS_MAX, bytes: 1_000_000 });
    const worker: SimulatedWorker = {
      id,
      cache,
      locks: new Map(),
      state: 'running',
      runner: new TurnRunner({
        store: this.#storeOf(() => worker),
        cache,
        program: (entity) => programs.get(entity),
        worker: `worker-${id}`,
        elapsedMs: () => this.#steps,
        limits: LIMITS,
        observer: { refused: () => void this.#refused++ },
        // Every other worker lingers.
        ...(id % 2 === 0 && { watch: this.#watchOf(() => worker) }),
      }),
    };
    this.#workers.push(worker);
  }

  /** A request that the world answers when it likes. */
  #ask<T>(worker: SimulatedWorker, what: string, act: () => Promise<T>, cutOff?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const lost = new Error(`${what}: no reply`);
      this.#requests.push({
        worker,
        what,
        deliver: (delivery) => {
          if (delivery === 'request-lost') return (cutOff?.(), reject(lost));
          if (delivery === 'reply-lost') return void act().then(() => reject(lost));
          if (delivery === 'twice') return void act().then(() => act().then(resolve));
          void act().then(resolve);
        },
      });
    });
  }

  /** A look that is answered late finds what came meanwhile; a lost one ends without mail, as one in time does. */
  #watchOf(worker: () => SimulatedWorker): MailboxWatch {
    const look = async (partition: PartitionName, after: EntryId): Promise<readonly LogEntry[]> =>
      this.#store.firstAfter(partition, after);
    return {
      wait: (partition, after) => this.#ask(worker(), 'wait', () => look(partition, after)).catch(() => []),
      release: () => {},
      close: () => {},
    };
  }

  /** The store as one worker sees it. */
  #storeOf(worker: () => SimulatedWorker): ActorStore {
    const ask = <T>(what: string, act: () => Promise<T>, cutOff?: () => void): Promise<T> =>
      this.#ask(worker(), what, act, cutOff);
    const store = this.#store;
    return {
      begin: (partition, name, limits) => ask('begin', () => store.begin(partition, name, limits)),
      load: (partition, fields, ids) => ask('load', () => store.load(partition, fields, ids)),
      end: (permit, limits) => ask('end', () => store.end(permit, limits)),
      readHistory: (partition, after, upTo, limits) =>
        ask('readHistory', () => store.readHistory(partition, after, upTo, limits)),
      commit: (permit, outcome, limits) =>
        ask(
          'commit',
          () => this.#committed(permit, outcome, store.commit(permit, outcome, limits)),
          () => store.interruptedCommit(permit, outcome),
        ),
    };
  }

  /** Watches every commit that the store took (I1, I6). */
  async #committed(
    permit: CommitPermit,
    outcome: TurnOutcome,
    committing: Promise<CommitResult>,
  ): Promise<CommitResult> {
    const newest = this.#store.partition(permit.partition).generation;
    const result = await committing;
    if (result.kind !== 'committed') return result;
    this.#commits++;
    if (permit.generation !== newest) {
      this.#violations.push(`I1: generation ${permit.generation} committed after ${newest} began`);
    }
    const before = this.#committedUpTo.get(permit.partition) ?? LOG_START;
    if (compareEntryIds(outcome.offset, before) < 0) {
      this.#violations.push(`I1: the offset went back from ${before} to ${outcome.offset}`);
    }
    this.#committedUpTo.set(permit.partition, outcome.offset);
    if (outcome.applied.frames > LIMITS.batch.events) {
      this.#violations.push(`I6: a batch of ${outcome.applied.frames} frames`);
    }
    return result;
  }

  #answer(request: PendingRequest, withFaults: boolean): void {
    this.#requests = this.#requests.filter((other) => other !== request);
    const luck = withFaults ? this.#random() : 1;
    const delivery =
      luck < 0.06 ? 'request-lost' : luck < 0.12 ? 'reply-lost' : luck < 0.16 ? 'twice' : 'both';
    this.#say(`worker ${request.worker.id} ${request.what} ${delivery}`);
    request.deliver(delivery);
  }

  #takeTurn(worker: SimulatedWorker, index: number): void {
    const { partition, lock } = this.#queue.take(index);
    worker.locks.set(lock, partition);
    this.#say(`worker ${worker.id} takes ${partition}`);
    const done = (retry: boolean): void => {
      if (worker.state === 'dead') return;
      worker.locks.delete(lock);
      this.#queue.finish(partition, lock, retry);
      if (worker.cache.count > ACTIVATIONS_MAX)
        this.#violations.push(`I6: ${worker.cache.count} activations`);
    };
    worker.runner.run(partition).then(
      (end) => done(end.kind === 'yielded'),
      () => done(true),
    );
  }

  #append(): void {
    const partition = this.#pick(PARTITIONS);
    const events = Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () => {
      const actor = `${partition}:${Math.floor(this.#random() * 4)}`;
      return [actor, ++this.#events] as const;
    });
    const { wake } = this.#store.append(partition, ledgerFrame(events));
    for (const [actor, n] of events) this.#appended.set(actor, [...(this.#appended.get(actor) ?? []), n]);
    const lost = this.#random() < 0.15;
    this.#say(`append ${events.length} to ${partition}${wake ? (lost ? ', wake lost' : ', wake') : ''}`);
    if (wake && !lost) this.#queue.wake(partition);
  }

  #crash(worker: SimulatedWorker): void {
    this.#crashes++;
    this.#say(`worker ${worker.id} crashes`);
    worker.state = 'dead';
    this.#workers = this.#workers.filter((other) => other !== worker);
    // Its requests may have been sent: some are carried out, and nobody hears the answer.
    for (const request of this.#requests.filter((sent) => sent.worker === worker)) {
      if (this.#random() < 0.5) request.deliver('reply-lost');
      else request.deliver('request-lost');
    }
    this.#requests = this.#requests.filter((sent) => sent.worker !== worker);
    for (const [lock, partition] of worker.locks) this.#queue.lapse(partition, lock);
    this.#startWorker();
  }

  #freeze(worker: SimulatedWorker): void {
    this.#pauses++;
    this.#say(`worker ${worker.id} freezes`);
    worker.state = 'frozen';
  }

  #thaw(worker: SimulatedWorker): void {
    this.#say(`worker ${worker.id} goes on`);
    worker.state = 'running';
  }

  #lapse(worker: SimulatedWorker, lock: number, partition: PartitionName): void {
    this.#say(`worker ${worker.id} loses its lock of ${partition}`);
    worker.locks.delete(lock);
    this.#queue.lapse(partition, lock);
  }

  /** Wakes partitions whose log is ahead and for which there is no job; answers whether there were any. */
  #sweep(): boolean {
    if (this.options.sabotage?.losesSweep) return false;
    const asleep = PARTITIONS.filter((name) => {
      const { log, offset } = this.#store.partition(name);
      return log.length > 0 && log.at(-1)?.id !== offset && !this.#queue.holds(name);
    });
    for (const partition of asleep) this.#queue.wake(partition);
    return asleep.length > 0;
  }

  #checkLedgers(): void {
    for (const [actor, expected] of this.#appended) {
      const partition = actor.slice(0, actor.indexOf(':')) as PartitionName;
      const state = this.#store.partition(partition).states.get(`${actor} ${FIELD}`);
      const ledger = state ? (JSON.parse(Buffer.from(state).toString('utf8')) as number[]) : [];
      if (ledger.join() !== expected.join()) {
        this.#violations.push(`I2: ${actor} holds ${ledger.join()}, appended were ${expected.join()}`);
      }
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #say(line: string): void {
    this.options.trace?.(`${this.#steps}: ${line}`);
  }
}

/** Until every continuation that can run has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
