import { MillraceError } from '@millrace/core';

/** After how long a refused caller should come back: reads take milliseconds, a backlog of them tens. */
const RETRY_AFTER_MS = 1_000;

/**
 * Bounds the work that this process has taken on, by default in rows (entities), because a row is what costs memory and
 * time. Beyond the bound a request is refused at once: waiting in a queue that only grows helps nobody.
 */
export class ReadGate {
  #inFlight = 0;

  constructor(
    /** At least what one request may hold, or such a request could never pass. */
    private readonly rowsMax: number,
    /** For the message: `8 rows are being read or written`. */
    private readonly what = 'rows are being read or written',
  ) {}

  /** What is under way now, in the unit of the bound. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Runs a read or a write of so many rows. @throws MillraceError OVERLOADED where too many are under way. */
  async pass<T>(rows: number, read: () => Promise<T>): Promise<T> {
    if (this.#inFlight + rows > this.rowsMax) {
      throw new MillraceError(
        'OVERLOADED',
        `${this.#inFlight} ${this.what}; at most ${this.rowsMax} may be at a time`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
    this.#inFlight += rows;
    try {
      return await read();
    } finally {
      this.#inFlight -= rows;
    }
  }
}
