import { setTimeout as delay } from 'node:timers/promises';

/** How long a read may stay unanswered before it counts as hung. */
const HUNG_MS = 10_000;

/** Reads the same feature vector at a steady rate, however slowly it is answered, and counts the answers. */
export class Reads {
  readonly #latencies: number[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;
  #served = 0;
  #refused = 0;
  #wrong = 0;
  #hung = 0;

  constructor(
    private readonly url: string,
    private readonly body: string,
    perSecond: number,
  ) {
    this.#reading = this.#read(1_000 / perSecond);
  }

  /** Stops reading and waits for the answers that are missing. */
  async finish(): Promise<void> {
    this.#end.abort();
    await this.#reading;
    await Promise.all(this.#inFlight);
  }

  /** Answers of 200. */
  get served(): number {
    return this.#served;
  }

  /** Answers of 503 that say when to come back. */
  get refused(): number {
    return this.#refused;
  }

  /** Any other answer, and broken connections. */
  get wrong(): number {
    return this.#wrong;
  }

  get hung(): number {
    return this.#hung;
  }

  /** The 99th percentile of the time to an answer, in ms. */
  get p99Ms(): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
  }

  async #read(everyMs: number): Promise<void> {
    const startedMs = performance.now();
    for (let sent = 0; !this.#end.signal.aborted; sent++) {
      const earlyMs = startedMs + sent * everyMs - performance.now();
      if (earlyMs > 1) await delay(earlyMs);
      const read = this.#readOnce();
      this.#inFlight.add(read);
      void read.finally(() => this.#inFlight.delete(read));
    }
  }

  async #readOnce(): Promise<void> {
    const sentMs = performance.now();
    try {
      const answer = await fetch(`${this.url}/v1/features`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: this.body,
        signal: AbortSignal.timeout(HUNG_MS),
      });
      await answer.text();
      this.#latencies.push(performance.now() - sentMs);
      if (answer.status === 200) this.#served++;
      else if (answer.status === 503 && answer.headers.has('retry-after')) this.#refused++;
      else this.#wrong++;
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') this.#hung++;
      else this.#wrong++;
    }
  }
}
