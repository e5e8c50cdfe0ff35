import { setTimeout as delay } from 'node:timers/promises';
import type { Payment } from './payments.js';

export interface LoadOptions {
  readonly ingestUrl: string;
  readonly source: { next(): Payment };
  readonly eventsPerSecond: number;
  readonly eventsPerRequest: number;
  /** How often each request is sent, at least once: more are repeats with the same ids. */
  readonly timesSent?: () => number;
  /** Sends a request only when the one before it is accepted, so that the ledger has the order of the log. */
  readonly oneByOne?: boolean;
  /** Told of every answer: how long it took, in ms. */
  readonly onAnswer?: (status: number, tookMs: number) => void;
}

/** How long a request may stay unanswered before it counts as hung. */
const HUNG_MS = 10_000;
/** The pause before a repetition doubles from the first to the last of these. */
const RETRY_MS = { first: 50, last: 1_000 };

/**
 * Sends payments at a steady rate and keeps the ledger: what was answered with 202. A request that got any
 * other answer, or none, is sent again with the same ids until it is accepted, as a client would.
 */
export class Load {
  readonly #accepted: Payment[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #options: LoadOptions;
  readonly #end = new AbortController();
  #sending: Promise<void> | undefined;
  readonly #answers = new Map<number, number>();
  #ingestUrl: string;
  #abandoned = false;
  #hung = 0;
  #unanswered = 0;
  #refusedWithoutRetryAfter = 0;
  #duplicates = 0;
  #slowestMs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#ingestUrl = options.ingestUrl;
  }

  start(): this {
    this.#sending = this.#send();
    return this;
  }

  /** Stops sending and waits until everything that was sent is accepted. */
  async finish(): Promise<readonly Payment[]> {
    this.#end.abort();
    await this.#sending;
    await Promise.all(this.#inFlight);
    return this.#accepted;
  }

  /** Stops sending and gives up what is not accepted yet: the test failed. */
  abandon(): void {
    this.#end.abort();
    this.#abandoned = true;
  }

  get accepted(): number {
    return this.#accepted.length;
  }

  /** Requests that were not answered within ten seconds. */
  get hung(): number {
    return this.#hung;
  }

  /** Requests whose connection broke. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Answers with a status. */
  answers(status: number): number {
    return this.#answers.get(status) ?? 0;
  }

  /** Answers other than 202. */
  get refused(): number {
    return sumWhere(this.#answers, (status) => status !== 202);
  }

  /** Answers of 500 and more. */
  get serverErrors(): number {
    return sumWhere(this.#answers, (status) => status >= 500);
  }

  /** Answers of 429 and 503 that do not say when to come back. */
  get refusedWithoutRetryAfter(): number {
    return this.#refusedWithoutRetryAfter;
  }

  /** The longest time to an answer. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** Duplicates that the answers named. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Sends everything from now on to another ingest process. */
  sendTo(ingestUrl: string): void {
    this.#ingestUrl = ingestUrl;
  }

  async #send(): Promise<void> {
    const { eventsPerSecond, eventsPerRequest, source } = this.#options;
    const startedMs = performance.now();
    for (let sent = 0; !this.#end.signal.aborted; sent += eventsPerRequest) {
      const dueMs = startedMs + (sent / eventsPerSecond) * 1_000;
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 1) await delay(earlyMs);
      const request = this.#deliver(Array.from({ length: eventsPerRequest }, () => source.next()));
      this.#inFlight.add(request);
      void request.finally(() => this.#inFlight.delete(request));
      if (this.#options.oneByOne) await request;
    }
  }

  async #deliver(payments: readonly Payment[]): Promise<void> {
    const body = JSON.stringify(payments);
    await this.#postUntilAccepted(body);
    this.#accepted.push(...payments);
    for (let repeat = (this.#options.timesSent?.() ?? 1) - 1; repeat > 0; repeat--) {
      await this.#postUntilAccepted(body);
    }
  }

  async #postUntilAccepted(body: string): Promise<void> {
    for (let pauseMs = RETRY_MS.first; !(await this.#post(body)) && !this.#abandoned; pauseMs *= 2) {
      await delay(Math.min(pauseMs, RETRY_MS.last));
    }
  }

  async #post(body: string): Promise<boolean> {
    const sentMs = performance.now();
    try {
      const answer = await fetch(`${this.#ingestUrl}/v1/events/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(HUNG_MS),
      });
      const text = await answer.text();
      const tookMs = performance.now() - sentMs;
      this.#slowestMs = Math.max(this.#slowestMs, tookMs);
      this.#options.onAnswer?.(answer.status, tookMs);
      this.#answers.set(answer.status, this.answers(answer.status) + 1);
      if (answer.status !== 202) {
        const mayComeBack = answer.status === 429 || answer.status === 503;
        if (mayComeBack && !answer.headers.has('retry-after')) this.#refusedWithoutRetryAfter++;
        return false;
      }
      const { rejected, duplicates } = JSON.parse(text) as { rejected: unknown[]; duplicates: number };
      if (rejected.length > 0) throw new Error(`ingest rejected what it should accept: ${text}`);
      this.#duplicates += duplicates;
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') this.#hung++;
      else if (error instanceof Error && error.message.startsWith('ingest rejected')) throw error;
      else this.#unanswered++;
      return false;
    }
  }
}

function sumWhere(counts: ReadonlyMap<number, number>, holds: (status: number) => boolean): number {
  let sum = 0;
  for (const [status, count] of counts) if (holds(status)) sum += count;
  return sum;
}
