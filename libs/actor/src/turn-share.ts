/**
 * How many turns a worker holds at once, so that the partitions are spread evenly: BullMQ gives a job to whoever asks
 * first, and of two workers one would hold 3 to 13 of 16. One more than its even share, so that a place is free of
 * those that only wait for mail. Those that are awake just now are no measure: where few places are left turns do not
 * wait for mail, so few are awake, and fewer and fewer places would be left.
 *
 * @param partitions of all entities.
 * @param workers that live, this one among them.
 * @param most whatever the others do.
 */
export function turnPlaces(partitions: number, workers: number, most: number): number {
  if (workers <= 1) return most;
  return Math.min(most, Math.ceil(partitions / workers) + 1);
}

/**
 * For so many looks after Redis was away each worker takes what it can: turns that lost their locks still hold places,
 * and to share the others out cost a second until work had resumed.
 */
export const LOOKS_UNSHARED = 10;

/** The places of one worker as it looks at the others again and again. */
export class TurnShare {
  #looksUnshared = 0;
  #places: number;
  #isAlone = true;

  /** @param most turns that the process may hold, whatever the others do. */
  constructor(private readonly most: number) {
    this.#places = most;
  }

  /** Turns that the worker may hold now. */
  get places(): number {
    return this.#places;
  }

  /** No other worker was there at the last look, so nobody else wants its partitions. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /**
   * Of so many turns in hand how many are to end: those beyond its share, and one more, so that partitions without a place
   * get theirs in turn. A worker that was killed is counted for 5 s, and the places of the others are too few meanwhile.
   */
  surplusOf(held: number): number {
    return Math.max(0, held - this.#places + 1);
  }

  /** A look was answered. */
  saw({ partitions, workers }: { readonly partitions: number; readonly workers: number }): void {
    this.#isAlone = workers <= 1;
    this.#looksUnshared = Math.max(0, this.#looksUnshared - 1);
    this.#places = this.#looksUnshared > 0 ? this.most : turnPlaces(partitions, workers, this.most);
  }

  /** A look was not answered: Redis is away. */
  sawNothing(): void {
    this.#isAlone = false;
    this.#looksUnshared = LOOKS_UNSHARED;
    this.#places = this.most;
  }
}
