import { MillraceError } from '@millrace/core';

/** After how long a refused caller should come back: reads take milliseconds, a backlog of them tens. */
const RETRY_AFTER_MS = 1_000;

/**
 * Bounds the work that this process has taken on, by default in rows (entities), because a row is what costs memory and
 * time. Beyond the bound a request is refused at once: waiting in a queue that only grows helps nobody.
 */
export class ReadGate {
  #rowsInFlight = 0;

  constructor(
    /** At least what one request may hold, or such a request could never pass. */
    private readonly rowsMax: number,
    /** For the message: `8 rows are being read or written`. */
    private readonly what = 'rows are being read or written',
  ) {}

  get rowsInFlight(): number {
    return this.#rowsInFlight;
  }

  /** Runs a read or a write of so many rows. @throws MillraceError OVERLOADED where too many are under way. */
  async pass<T>(rows: number, read: () => Promise<T>): Promise<T> {
    if (this.#rowsInFlight + rows > this.rowsMax) {
      throw new MillraceError(
        'OVERLOADED',
        `${this.#rowsInFlight} ${this.what}; at most ${this.rowsMax} may be at a time`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
    this.#rowsInFlight += rows;
    try {
      return await read();
    } finally {
      this.#rowsInFlight -= rows;
    }
  }
}
