/**
 * Tells when something else slows this core. Processor time counts a core in full while the other hyperthread of it
 * works for somebody else (another machine of the host, or our own other core), and whatever is bound by loads and
 * stores, as finishing windows is, then takes up to twice its time, for seconds. A loop of the same kind shows it; a
 * chain of additions that wait for each other would not.
 */
const CELLS = 1_024;
const ROUNDS = 40;
/** Beyond this part of its least time the loop was slowed. */
const SLOWED_FROM = 1.15;
const FIRST_LOOKS = 200;

export class CoreWatch {
  private readonly sums = new Float64Array(CELLS);
  private readonly places = Int32Array.from({ length: CELLS }, (_, i) => (i * 7_919) % CELLS);
  /** The least time that the loop took in this process. */
  leastUs = Infinity;

  constructor() {
    for (let look = 0; look < FIRST_LOOKS; look++) this.isSlowed();
  }

  /** Whether the core is slowed at this moment; takes a tenth of a millisecond. */
  isSlowed(): boolean {
    const begin = cpuUs();
    this.loop();
    const spentUs = cpuUs() - begin;
    this.leastUs = Math.min(this.leastUs, spentUs);
    return spentUs > SLOWED_FROM * this.leastUs;
  }

  private loop(): void {
    const { sums, places } = this;
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < CELLS; i++) sums[places[i]!]! += i;
    }
  }
}

/** Processor time of this process in µs: what other processes take of a shared machine does not count. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
