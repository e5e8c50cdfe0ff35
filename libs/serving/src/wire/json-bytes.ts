import type { Instant } from '@millrace/core';
import { ANSWER_BYTES_MAX, checkAnswerSize } from './answer-size.js';
import { DOUBLE_LENGTH_MAX, writeDouble } from './double-bytes.js';
import { WORD_BYTES, type Fragment } from './fragment.js';
import { INSTANT_LENGTH, writeInstant } from './instant-text.js';
import { floatJson } from './value-json.js';

const BYTES_AT_FIRST = 64 * 1_024;
/** A buffer that one large answer left behind is let go beyond this. */
const BYTES_KEPT_MAX = 4 * 1_024 * 1_024;
/** Up to here copying byte by byte is faster than a call out of JavaScript. */
const SHORT = 48;
/** Whole numbers up to here are divided in 32 bits. */
export const INTEGER_MAX = 2 ** 31 - 1;
const INTEGER_LENGTH_MAX = 10;

const ZERO = 0x30;
const QUOTE = 0x22;

/**
 * Where the text of an answer is put together, as the bytes that leave. Joining texts makes thousands of small
 * strings, which are then flattened, measured and encoded: a third of the time of a large answer. One is enough
 * for a process, because nothing is awaited between `begin` and the use of what was written.
 * @throws MillraceError TOO_MANY_ENTITIES where it would be longer than an answer may be.
 */
export class JsonBytes {
  private bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  private view = viewOf(this.bytes);
  private at = 0;

  begin(): void {
    this.at = 0;
    if (this.bytes.length > BYTES_KEPT_MAX) this.grow(BYTES_AT_FIRST);
  }

  /** What was written since `begin`; a view that the next answer writes over. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Where the next byte goes. */
  get length(): number {
    return this.at;
  }

  /** A part of what was written; a view that the next answer writes over. */
  between(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from, to);
  }

  /** Bytes that were made beforehand. */
  ready({ bytes, words }: Fragment): void {
    // The last word may be longer than the fragment; what follows is written over it.
    this.reserve(bytes.length + WORD_BYTES);
    const { at, view } = this;
    if (words.length === 0) this.bytes.set(bytes, at);
    else for (let i = 0; i < words.length; i++) view.setFloat64(at + i * WORD_BYTES, words[i]!, true);
    this.at = at + bytes.length;
  }

  /** A part of bytes that were made beforehand. */
  part(fragment: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.reserve(length);
    const { bytes, at } = this;
    if (length > SHORT) bytes.set(fragment.subarray(from, to), at);
    else for (let i = 0; i < length; i++) bytes[at + i] = fragment[from + i] as number;
    this.at = at + length;
  }

  text(text: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.reserve(text.length * 3);
    if (text.length > SHORT || !this.plain(text)) this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** A finite double, with a mark that it is one: `3.0`, never `3`. */
  float(value: number): void {
    this.reserve(DOUBLE_LENGTH_MAX);
    const end = writeDouble(this.bytes, this.view, this.at, value);
    if (end < 0) this.text(floatJson(value));
    else this.at = end;
  }

  /** An integer from 0 to INTEGER_MAX: most counts are. */
  integer(value: number): void {
    this.reserve(INTEGER_LENGTH_MAX);
    const { bytes } = this;
    let length = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) length++;
    let rest = value;
    for (let i = this.at + length - 1; i >= this.at; i--) {
      const tens = (rest / 10) | 0;
      bytes[i] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.at += length;
  }

  /** An instant that is one, in quotes. */
  instant(value: Instant): void {
    this.reserve(INSTANT_LENGTH + 2);
    this.bytes[this.at] = QUOTE;
    writeInstant(this.view, this.at + 1, value);
    this.at += INSTANT_LENGTH + 2;
    this.bytes[this.at - 1] = QUOTE;
  }

  /** A fragment that holds gaps for instants, and which of the instants goes into each. */
  instants({ fragment, ats, runs }: InstantGaps, instants: Float64Array, first: number): void {
    const from = this.at;
    this.ready(fragment);
    const { view } = this;
    let gap = 0;
    for (let run = 0; run < runs.length; run++) {
      const { instant, end } = runs[run] as InstantRun;
      const written = from + ats[gap++]!;
      writeInstant(view, written, instants[first + instant] as Instant);
      // As three doubles, because that is how JavaScript moves eight bytes; digits and their separators are never a NaN.
      const head = view.getFloat64(written, true);
      const middle = view.getFloat64(written + 8, true);
      const tail = view.getFloat64(written + 16, true);
      for (; gap < end; gap++) {
        const target = from + ats[gap]!;
        view.setFloat64(target, head, true);
        view.setFloat64(target + 8, middle, true);
        view.setFloat64(target + 16, tail, true);
      }
    }
  }

  private plain(text: string): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at + i] = unit;
    }
    this.at = at + text.length;
    return true;
  }

  private reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    checkAnswerSize(this.at);
    // Never much more than an answer may be long, so that one that is longer comes by here again.
    this.grow(Math.max(Math.min(this.bytes.length * 2, ANSWER_BYTES_MAX), this.at + length));
  }

  private grow(length: number): void {
    const other = Buffer.allocUnsafeSlow(length);
    this.bytes.copy(other, 0, 0, this.at);
    this.bytes = other;
    this.view = viewOf(other);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Gaps one after the other that share an instant: features of one group mostly come one after the other. */
interface InstantRun {
  /** Which of the row's instants. */
  readonly instant: number;
  /** The gap behind the last one. */
  readonly end: number;
}

export interface InstantGaps {
  readonly fragment: Fragment;
  /** Where in the fragment the instants go. */
  readonly ats: Int32Array;
  readonly runs: readonly InstantRun[];
}
