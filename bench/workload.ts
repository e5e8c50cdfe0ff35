export interface BenchOptions {
  /** Part of the workload's full size, for those that are not counted in events: 1 is what bench.md says. */
  readonly scale: number;
  /** Events of one run; undefined for the workload's default. */
  readonly events: number | undefined;
  /** Length of one run of an open-loop workload; undefined for its default. */
  readonly seconds: number | undefined;
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
