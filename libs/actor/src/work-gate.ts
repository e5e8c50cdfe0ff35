/**
 * How many turns of a process work at once; the others wait for mail, or here. More would only hold more frames
 * and states in memory at a time, which the garbage collector then has to carry along: with 16 instead of 4,
 * W4 fell by a tenth.
 */
export const TURNS_AT_WORK = 4;

/** Lets a limited number in; who comes later waits, in order. */
export class WorkGate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
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

  /** Gives the place to whoever has waited longest. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
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

  giveBack(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#gate.leave();
  }
}
