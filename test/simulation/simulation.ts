/**
 * A seeded world in which the real turn runner, activation cache and frames run against a store in memory and a
 * model of BullMQ. One random number decides each step: which of the requests under way is answered, whether
 * the request or its reply is lost or it arrives twice, which worker crashes, freezes or goes on, when a lock
 * lapses, what is appended, whether a wake-up is lost, when a failover loses commits, when the plan changes and when a
 * worker learns of it. The clocks of the workers go at different speeds. The same seed gives the same run.
 *
 * Checked: I1 (commits carry the newest generation, offsets only grow), I2 and I3 (at the end every actor's ledger in
 * every group of the plan is what was appended, once and in order, and what a group refuses is one dead letter of it),
 * I6 (batches and activations stay within their limits).
 */
import {
  ActivationCache,
  placeOf,
  TurnRunner,
  type CommitPermit,
  type CommitResult,
  type TurnOutcome,
} from '@millrace/actor';
import type { PartitionName } from '@millrace/redis';
import { compareEntryIds, LOG_START, type EntryId } from '@millrace/stream';
import { seededRandom } from '../faults/seeded-random.js';
import { NOTHING, type Happenings } from './happenings.js';
import { ledgerFrame } from './ledger-plan.js';
import { MemoryStore, type Sabotage } from './memory-store.js';
import { LATEST_REVISION, PARTITIONS, programUnder, versionsUnder } from './plan-history.js';
import {
  storeThroughNetwork,
  watchThroughNetwork,
  type Delivery,
  type PendingRequest,
} from './simulated-network.js';
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
  readonly happened: Readonly<Happenings>;
  /** What was found wrong; none where all invariants held. */
  readonly violations: readonly string[];
}

const WORKERS = 2;
const TURNS_PER_WORKER = 2;
const ACTIVATIONS_MAX = 3;
const LIMITS = {
  batch: { events: 3, bytes: 1_000_000 },
  budgetMs: 12,
  lingerMs: 20,
  holdMs: 40,
  dedupHorizonMs: 600_000,
};
const FAULTY_STEPS = 150;
/** A run that is not quiet after this many steps without faults never will be. */
const QUIET_STEPS_MAX = 2_000;

interface SimulatedWorker {
  readonly id: number;
  readonly runner: TurnRunner;
  readonly cache: ActivationCache;
  readonly locks: Map<number, PartitionName>;
  /** Of the plan that it has loaded. */
  revision: number;
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
  /** By partition, the numbers that every group refuses. */
  readonly #poison = new Map<PartitionName, number>();
  readonly #committedUpTo = new Map<PartitionName, EntryId>();
  readonly #violations: string[] = [];
  readonly #happened: Happenings = { ...NOTHING };
  #workers: SimulatedWorker[] = [];
  #requests: PendingRequest<SimulatedWorker>[] = [];
  #revision = 1;
  #started = 0;

  constructor(private readonly options: SimulationOptions) {
    this.#random = seededRandom(options.seed);
    this.#store = new MemoryStore(options.sabotage);
  }

  async run(): Promise<SimulationOutcome> {
    while (this.#workers.length < WORKERS) this.#startWorker();
    for (let step = 0; step < FAULTY_STEPS; step++) await this.#step(true);
    for (const worker of this.#workers) {
      worker.state = 'running';
      worker.revision = this.#revision;
    }
    let quiet = 0;
    for (let step = 0; quiet < 3; step++) {
      if (step > QUIET_STEPS_MAX) {
        this.#violations.push(`not quiet after ${QUIET_STEPS_MAX} steps without faults`);
        break;
      }
      quiet = (await this.#step(false)) ? 0 : quiet + 1;
    }
    this.#checkLedgers();
    return { seed: this.options.seed, happened: this.#happened, violations: this.#violations };
  }

  /** Does one thing that may happen now; answers whether there was any. */
  async #step(withFaults: boolean): Promise<boolean> {
    this.#happened.steps++;
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
    if (this.#random() < 0.1) things.push(() => this.#failOver(this.#pick(PARTITIONS)));
    if (this.#revision < LATEST_REVISION && this.#random() < 0.05) things.push(() => this.#publish());
    for (const worker of this.#workers) {
      if (worker.revision < this.#revision && this.#random() < 0.2) things.push(() => this.#loadPlan(worker));
    }
    return things;
  }

  #startWorker(): void {
    const id = ++this.#started;
    const cache = new ActivationCache({ count: ACTIVATIONS_MAX, bytes: 1_000_000 });
    const clockSpeed = 0.25 + this.#random() * 2;
    const send = (request: PendingRequest<SimulatedWorker>): void => void this.#requests.push(request);
    const worker: SimulatedWorker = {
      id,
      cache,
      locks: new Map(),
      revision: this.#revision,
      state: 'running',
      runner: new TurnRunner({
        store: storeThroughNetwork(
          this.#store,
          () => worker,
          send,
          (...commit) => this.#committed(...commit),
        ),
        cache,
        program: (entity) => programUnder(worker.revision, entity),
        worker: `worker-${id}`,
        elapsedMs: () => this.#happened.steps * clockSpeed,
        limits: LIMITS,
        nextRound: () => Promise.resolve(),
        observer: { refused: () => void this.#happened.refused++ },
        // Every other worker lingers.
        ...(id % 2 === 0 && { watch: watchThroughNetwork(this.#store, () => worker, send) }),
      }),
    };
    this.#workers.push(worker);
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
    this.#happened.commits++;
    this.#happened.deadLetters += outcome.deadLetters.length;
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

  #answer(request: PendingRequest<SimulatedWorker>, withFaults: boolean): void {
    this.#requests = this.#requests.filter((other) => other !== request);
    const luck = withFaults ? this.#random() : 1;
    const delivery: Delivery =
      luck < 0.06 ? 'request-lost' : luck < 0.12 ? 'reply-lost' : luck < 0.16 ? 'twice' : 'both';
    this.#say(`worker ${request.worker.id} ${request.what} ${delivery}`);
    if (request.what === 'readHistory') this.#happened.catchUps++;
    if (delivery === 'request-lost') this.#happened.lostRequests++;
    else if (delivery === 'reply-lost') this.#happened.lostReplies++;
    else if (delivery === 'twice') this.#happened.repeatedRequests++;
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
    const hasPlace = (): boolean => worker.locks.size < TURNS_PER_WORKER;
    const leave = { mayGoOn: () => true, mayLinger: hasPlace, mayStay: hasPlace };
    worker.runner.run(partition, leave).then(
      (end) => {
        done(false);
        if (end.kind !== 'yielded') return;
        this.#happened.yielded++;
        // A worker wakes the partition when the job is done; it may die in between.
        if (worker.state !== 'dead' && this.#random() >= 0.1) this.#queue.wake(partition);
      },
      () => done(true),
    );
  }

  #append(): void {
    const partition = this.#pick(PARTITIONS);
    const events = Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () => {
      const actor = `${partition}:${Math.floor(this.#random() * 4)}`;
      const n = ++this.#happened.events;
      // Every group refuses what is below zero.
      return [actor, this.#random() < 0.05 ? -n : n] as const;
    });
    const { wake } = this.#store.append(partition, ledgerFrame(events));
    for (const [actor, n] of events) {
      if (n < 0) this.#poison.set(partition, (this.#poison.get(partition) ?? 0) + 1);
      else this.#appended.set(actor, [...(this.#appended.get(actor) ?? []), n]);
    }
    const lost = this.#random() < 0.15;
    this.#say(`append ${events.length} to ${partition}${wake ? (lost ? ', wake lost' : ', wake') : ''}`);
    if (wake && lost) this.#happened.lostWakes++;
    if (wake && !lost) this.#queue.wake(partition);
  }

  #publish(): void {
    this.#happened.planChanges++;
    this.#revision++;
    this.#say(`plan ${this.#revision} with groups ${versionsUnder(this.#revision).join(', ')}`);
  }

  #loadPlan(worker: SimulatedWorker): void {
    worker.revision = this.#revision;
    this.#say(`worker ${worker.id} loads plan ${this.#revision}`);
  }

  #crash(worker: SimulatedWorker): void {
    this.#happened.crashes++;
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
    this.#happened.pauses++;
    this.#say(`worker ${worker.id} freezes`);
    worker.state = 'frozen';
  }

  #thaw(worker: SimulatedWorker): void {
    this.#say(`worker ${worker.id} goes on`);
    worker.state = 'running';
  }

  #lapse(worker: SimulatedWorker, lock: number, partition: PartitionName): void {
    this.#happened.lapses++;
    this.#say(`worker ${worker.id} loses its lock of ${partition}`);
    worker.locks.delete(lock);
    this.#queue.lapse(partition, lock);
  }

  #failOver(partition: PartitionName): void {
    const before = this.#store.partition(partition).offset;
    this.#store.failOver(partition, this.#random);
    const { offset } = this.#store.partition(partition);
    this.#committedUpTo.set(partition, offset);
    if (offset !== before) this.#happened.failovers++;
    this.#say(`a failover takes ${partition} back to ${offset}`);
  }

  /** Wakes partitions that have something to do and for which there is no job; answers whether there were any. */
  #sweep(): boolean {
    if (this.options.sabotage?.losesSweep) return false;
    const asleep = PARTITIONS.filter((name) => {
      const { log, offset, progress } = this.#store.partition(name);
      const hasMail = log.length > 0 && log.at(-1)?.id !== offset;
      const isBehind = versionsUnder(this.#revision).some(
        (version) => placeOf(progress, fieldOf(version)) !== 'live',
      );
      return (hasMail || isBehind) && !this.#queue.holds(name);
    });
    for (const partition of asleep) this.#queue.wake(partition);
    this.#happened.swept += asleep.length;
    return asleep.length > 0;
  }

  #checkLedgers(): void {
    for (const version of versionsUnder(this.#revision)) {
      for (const [actor, expected] of this.#appended) {
        const partition = actor.slice(0, actor.indexOf(':')) as PartitionName;
        const state = this.#store.partition(partition).states.get(`${actor} ${fieldOf(version)}`);
        const ledger = state ? (JSON.parse(Buffer.from(state).toString('utf8')) as number[]) : [];
        if (ledger.join() !== expected.join()) {
          this.#violations.push(
            `I2: ${actor} holds ${ledger.join()} in group ${version}, appended were ${expected.join()}`,
          );
        }
      }
      for (const partition of PARTITIONS) {
        const letters = this.#store.partition(partition).deadLetters;
        const own = letters.filter(({ group }) => group === fieldOf(version)).length;
        const refused = this.#poison.get(partition) ?? 0;
        if (own !== refused) {
          this.#violations.push(
            `I2: ${own} dead letters of group ${version} in ${partition} for ${refused} refused events`,
          );
        }
      }
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #say(line: string): void {
    this.options.trace?.(`${this.#happened.steps}: ${line}`);
  }
}

const fieldOf = (version: number): string => `ledger@${version}`;

/** Turns leave the event loop to what came meanwhile before each batch: so many rounds of it are enough. */
const ROUNDS = 4;

/** Until every continuation that can run has run. */
async function settled(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
