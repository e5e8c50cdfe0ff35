import type { PlanDocument, PlanStanding } from '@millrace/core';
import type { PlanStore } from './plan-store.js';

/** A plan in the form in which one process runs it. */
export interface CompiledPlan<T> {
  readonly document: PlanDocument;
  readonly compiled: T;
}

export interface PlanWatcherOptions<T> {
  /** Turns a document into what this process needs. What it throws goes to `onError`; the old plan stays. */
  readonly compile: (document: PlanDocument) => T;
  /** Called after `current` changed. */
  readonly onChange?: (plan: CompiledPlan<T>) => void;
  /** A look that failed (Redis away, a plan that does not compile): once for each kind and revision. */
  readonly onError?: (error: Error) => void;
  /** Called at each look that Redis answered: tells others which plan this process runs. */
  readonly announce?: (standing: PlanStanding) => Promise<void>;
  /** Default 1 s: a published plan runs everywhere within a second, also when the hint was lost. */
  readonly lookEveryMs?: number;
}

/**
 * Keeps the newest plan of the store compiled. States: *empty* until a first plan was found, then *loaded*
 * for ever; a plan that fails to compile leaves the one before in place.
 */
export class PlanWatcher<T> {
  #current: CompiledPlan<T> | undefined;
  #refused: PlanStanding['refused'];
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reported = '';
  readonly #store: PlanStore;
  readonly #options: PlanWatcherOptions<T>;

  constructor(store: PlanStore, options: PlanWatcherOptions<T>) {
    this.#store = store;
    this.#options = options;
  }

  /** The plan to run, or undefined while there is none. Take it once per request or turn. */
  get current(): CompiledPlan<T> | undefined {
    return this.#current;
  }

  /** Which plan runs here, and which newer one could not be loaded. */
  get standing(): PlanStanding {
    return {
      ...(this.#current && { revision: this.#current.document.revision }),
      ...(this.#refused && { refused: this.#refused }),
    };
  }

  /** Looks once and goes on looking until `stop`. Does not fail when Redis is away: it goes on looking. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.lookNow(), this.#options.lookEveryMs ?? 1_000);
    await this.lookNow();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks for a new plan at once; after a hint, and in tests. Never rejects. */
  lookNow(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const revision = await this.#store.revision();
      if (revision !== undefined) await this.#load(revision);
      await this.#options.announce?.(this.standing);
    } catch (error) {
      this.#report('', asError(error));
    }
  }

  /** Never rejects: a plan that cannot be loaded is announced like one that can. */
  async #load(revision: number): Promise<void> {
    if (revision === this.#current?.document.revision) {
      this.#refused = undefined;
      return;
    }
    try {
      const document = await this.#store.load();
      if (!document) return;
      this.#current = { document, compiled: this.#options.compile(document) };
      this.#refused = undefined;
      this.#reported = '';
      this.#options.onChange?.(this.#current);
    } catch (error) {
      const fault = asError(error);
      this.#refused = { revision, reason: fault.message };
      this.#report(`revision ${revision}: `, fault);
    }
  }

  #report(attempt: string, fault: Error): void {
    if (attempt + fault.message === this.#reported) return;
    this.#reported = attempt + fault.message;
    this.#options.onError?.(fault);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
