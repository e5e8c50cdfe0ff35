export interface BenchOptions {
  /** Part of the workload's full size: 1 is what bench.md says, less is for a look. */
  readonly scale: number;
  readonly repetitions: number;
  /** Details, for a person. */
  readonly say: (line: string) => void;
}

/** One workload of bench.md. */
export interface Workload {
  readonly name: `W${number}`;
  readonly about: string;
  /** Runs product and limit in turn and answers its last line, without the name. */
  run(options: BenchOptions): Promise<string>;
}
