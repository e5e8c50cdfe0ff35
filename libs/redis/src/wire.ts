/** Longer texts go through Node's own writer: for short ones a call of it takes longer than their letters. */
const SHORT_TEXT = 64;
/** Texts that are longer are made bytes of their own, and a scratch that grew beyond is not kept: rows that are pushed. */
const SCRATCH_BYTES = 256 * 1024;
/** Bytes up to here are copied to the scratch where they have room: to take each of a thousand states by itself costs more. */
const SHORT_BYTES = 4 * 1024;
/** The mark and the digits of a length, and the ends of two lines. */
const HEAD_BYTES_MAX = 32;
const LINE_END_BYTES = 2;
const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;

/** A command on its way to bytes: its texts lie in a scratch that all commands share, what is bytes already comes between. */
export class Wire {
  #scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  /** How much of the scratch is written. */
  #at = 0;
  readonly #between: Uint8Array[] = [];
  /** Where in the scratch each of them comes. */
  readonly #places: number[] = [];
  #betweenBytes = 0;

  /** @param count of arguments, the name of the command included */
  begin(count: number): void {
    // What a command left that failed is no part of this one.
    this.#clear();
    this.#head(STAR, count);
  }

  text(argument: string): void {
    if (argument.length <= SHORT_TEXT && this.#plain(argument)) return;
    if (argument.length > SCRATCH_BYTES) return this.bytes(Buffer.from(argument));
    const bytes = Buffer.byteLength(argument);
    this.#reserve(bytes);
    this.#head(DOLLAR, bytes);
    this.#at += this.#scratch.write(argument, this.#at);
    this.#endLine();
  }

  bytes(argument: Uint8Array): void {
    const { length } = argument;
    this.#reserve(0);
    this.#head(DOLLAR, length);
    if (length <= SHORT_BYTES && this.#at + length + LINE_END_BYTES <= this.#scratch.length) {
      this.#scratch.set(argument, this.#at);
      this.#at += length;
    } else {
      this.#between.push(argument);
      this.#places.push(this.#at);
      this.#betweenBytes += length;
    }
    this.#endLine();
  }

  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#at + this.#betweenBytes);
    let at = 0;
    let from = 0;
    for (let i = 0; i < this.#between.length; i++) {
      const to = this.#places[i] as number;
      at += this.#scratch.copy(taken, at, from, to);
      const between = this.#between[i] as Uint8Array;
      taken.set(between, at);
      at += between.length;
      from = to;
    }
    this.#scratch.copy(taken, at, from, this.#at);
    this.#clear();
    if (this.#scratch.length > SCRATCH_BYTES) this.#scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
    return taken;
  }

  #clear(): void {
    this.#at = this.#between.length = this.#places.length = this.#betweenBytes = 0;
  }

  /** A text of plain letters, the usual case; false for any other. */
  #plain(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const start = this.#at;
    this.#head(DOLLAR, length);
    const scratch = this.#scratch;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#at = start;
        return false;
      }
      scratch[at++] = unit;
    }
    this.#at = at;
    this.#endLine();
    return true;
  }

  /** A length and what it is of. */
  #head(mark: number, count: number): void {
    const scratch = this.#scratch;
    let at = this.#at;
    scratch[at++] = mark;
    const digits = String(count);
    for (let i = 0; i < digits.length; i++) scratch[at++] = digits.charCodeAt(i);
    scratch[at++] = CR;
    scratch[at++] = LF;
    this.#at = at;
  }

  #endLine(): void {
    this.#scratch[this.#at++] = CR;
    this.#scratch[this.#at++] = LF;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes + HEAD_BYTES_MAX;
    if (needed <= this.#scratch.length) return;
    const wider = Buffer.allocUnsafe(2 * needed);
    this.#scratch.copy(wider, 0, 0, this.#at);
    this.#scratch = wider;
  }
}
