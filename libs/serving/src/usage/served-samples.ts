/** One served vector, as it was answered, with the evidence of each value. */
export interface ServedSample {
  /** Undefined where the request named its features itself. */
  readonly service: string | undefined;
  /** Where the service splits entities over variants: which one the entity belongs to. */
  readonly variant: string | undefined;
  /** One row of the answer: entity, values, statuses, event times, evidence. */
  readonly vectorJson: string;
}

/** A bounded log of served vectors, for audits and for training later. */
export interface SampleLog {
  append(sample: ServedSample): Promise<void>;
}

/** Samples on their way to the log; beyond it they are dropped, so that a slow Redis does not fill the memory. */
const PENDING_MAX = 100;

/** A row is echoed with all that the request put into it; one that long is not worth keeping. */
const VECTOR_CHARACTERS_MAX = 65_536;

/** Decides which requests leave a sample: one row of theirs, whichever. Nobody waits for the log. */
export class ServedSamples {
  private pending = 0;

  constructor(
    /** Share of requests, from 0 to 1. */
    private readonly ratio: number,
    private readonly log: SampleLog,
    private readonly random: () => number = Math.random,
  ) {}

  /** The row to log of a request of so many, or undefined for none. */
  choose(rows: number): number | undefined {
    if (this.ratio === 0 || this.pending >= PENDING_MAX || this.random() >= this.ratio) return undefined;
    return Math.floor(this.random() * rows);
  }

  keep(sample: ServedSample): void {
    if (sample.vectorJson.length > VECTOR_CHARACTERS_MAX) return;
    this.pending++;
    const done = (): void => void this.pending--;
    // A sample that is lost is one that was not drawn.
    this.log.append(sample).then(done, done);
  }
}
