/** Up to here words are faster than a call out of JavaScript. */
const WORDS_BYTES_MAX = 128;
export const WORD_BYTES = 8;

/**
 * A piece of an answer that is made when the plan loads: short ones as words too, since moving eight bytes costs what
 * moving one does.
 */
export class Fragment {
  readonly bytes: Buffer;
  /**
   * The same as doubles, which is how JavaScript moves eight bytes, the last one filled up with zeros; none where the piece
   * is long. No text is a NaN, whose bits might change on the way: its last two bytes would be no UTF-8.
   */
  readonly words: readonly number[];

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    const count = this.length > WORDS_BYTES_MAX ? 0 : Math.ceil(this.length / WORD_BYTES);
    const filled = Buffer.concat([this.bytes], count * WORD_BYTES);
    this.words = Array.from({ length: count }, (_, i) => filled.readDoubleLE(i * WORD_BYTES));
  }

  get length(): number {
    return this.bytes.length;
  }
}
