/**
 * How many turns of a process work at once; the others wait for mail, or here. More would only hold more frames
 * and states in memory at a time, which the garbage collector then has to carry along: with 16 instead of 4,
 * W4 fell by a tenth.
 */
export const TURNS_AT_WORK = 4;

/** Lets a limited number in; who comes later waits, in order. */
export class WorkGate {
  #free: number;
  /** Of whoever asked last to work alone. */
  #alone = Promise.resolve();
  readonly #waiting: (() => void)[] = [];
  readonly #nextRound: () => Promise<void>;

  /** @param nextRound resolves in the next round of the event loop; a simulation has rounds of its own. */
  constructor(places: number, nextRound: () => Promise<void> = eventLoopRound) {
    this.#free = places;
    this.#nextRound = nextRound;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** For one who goes in and out again and again; outside at first. */
  place(): WorkPlace {
    return new WorkPlace(this);
  }

  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Resolves in a round of the event loop of its own, in order: between two of them replies and mail are read and locks
   * renewed, which all of them in one round would hold up.
   */
  alone(): Promise<void> {
    return (this.#alone = this.#alone.then(this.#nextRound));
  }

  /** Gives the place to whoever has waited longest. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

function eventLoopRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Of one turn: taken or not, so that taking it twice or giving it back twice does no harm. */
export class WorkPlace {
  readonly #gate: WorkGate;
  #isTaken = false;

  constructor(gate: WorkGate) {
    this.#gate = gate;
  }

  async take(): Promise<void> {
    if (this.#isTaken) return;
    await this.#gate.enter();
    this.#isTaken = true;
  }

  /** For one with a place: waits for a round of the event loop of its own. Others have so little to do that it is not worth it. */
  async alone(): Promise<void> {
    if (this.#isTaken) await this.#gate.alone();
  }

  giveBack(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#gate.leave();
  }
}
