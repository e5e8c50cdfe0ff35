export interface FaultOptions {
  /** How often the fault happens; each test has its own default. */
  readonly rounds?: number;
  readonly eventsPerSecond?: number;
  /** Up to how many workers come together, where a test has more and more of them join; default it has not. */
  readonly workers?: number;
  readonly seed: number;
  /** Progress, for a person. */
  readonly say: (line: string) => void;
}

export interface FaultOutcome {
  /** What follows the test's name on its line: `kills 10 lost 0 dup 0 wrong 0`. */
  readonly figures: string;
  readonly passed: boolean;
}

/** One fault of faults.md, with real processes. */
export interface FaultTest {
  readonly name: `F${number}`;
  readonly about: string;
  run(options: FaultOptions): Promise<FaultOutcome>;
}
