import type { Instant } from '@millrace/core';
import { INSTANT_LENGTH, writeInstant } from './instant-text.js';

const BYTES_AT_FIRST = 64 * 1_024;
/** A buffer that one large answer left behind is let go beyond this. */
const BYTES_KEPT_MAX = 4 * 1_024 * 1_024;
/** Up to here copying byte by byte is faster than a call out of JavaScript. */
const SHORT = 48;
/** Longest text of a double, its `.0` included: `-1.2345678901234567e-300`. */
const DOUBLE_LENGTH_MAX = 32;

/** Whole numbers up to here are divided in 32 bits. */
export const INTEGER_MAX = 2 ** 31 - 1;
const INTEGER_LENGTH_MAX = 10;

const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;
const DOT = 0x2e;
const EXPONENT = 0x65;
const ZERO = 0x30;

/**
 * Where the text of an answer is put together, as the bytes that leave. Joining texts makes thousands of small
 * strings, which are then flattened, measured and encoded: a third of the time of a large answer. One is enough
 * for a process, because nothing is awaited between `begin` and `take`.
 */
export class JsonBytes {
  private bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  private at = 0;
  /** `[1.5,2]`: doubles that will be written, and where the next one begins. */
  private staged = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  private stagedAt = 0;

  begin(): void {
    if (this.bytes.length > BYTES_KEPT_MAX) this.bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
    if (this.staged.length > BYTES_KEPT_MAX) this.staged = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
    this.at = 0;
  }

  /** A copy of what was written since `begin`. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.at);
    this.bytes.copy(taken, 0, 0, this.at);
    return taken;
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
  ready(fragment: Uint8Array): void {
    const { length } = fragment;
    this.reserve(length);
    const { bytes, at } = this;
    if (length > SHORT) bytes.set(fragment, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = fragment[i] as number;
    this.at = at + length;
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

  /**
   * Makes the texts of doubles that will be written, none of them zero: an array of them costs half of what as many
   * single ones cost.
   */
  stage(doubles: readonly number[]): void {
    const text = JSON.stringify(doubles);
    if (text.length > this.staged.length) this.staged = Buffer.allocUnsafeSlow(text.length * 2);
    // As bytes, because a text put together from parts is walked through for each of its characters.
    this.staged.write(text, 0, 'latin1');
    this.stagedAt = 1;
  }

  /** The next of the staged doubles, with a mark that it is one: `3.0`, never `3`. */
  double(): void {
    this.reserve(DOUBLE_LENGTH_MAX);
    const { bytes, staged } = this;
    let { at, stagedAt } = this;
    let isWhole = true;
    for (; ; stagedAt++) {
      const unit = staged[stagedAt] as number;
      if (unit === COMMA || unit === CLOSING_BRACKET) break;
      if (unit === DOT || unit === EXPONENT) isWhole = false;
      bytes[at++] = unit;
    }
    if (isWhole) {
      bytes[at++] = DOT;
      bytes[at++] = ZERO;
    }
    this.at = at;
    this.stagedAt = stagedAt + 1;
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

  /** A fragment that holds gaps for instants, and which of the instants goes into each. */
  instants({ fragment, gaps }: InstantGaps, instants: Float64Array, first: number): void {
    const from = this.at;
    this.ready(fragment);
    const { bytes } = this;
    let written = -1;
    let source = 0;
    for (let i = 0; i < gaps.length; i++) {
      const { at, instant } = gaps[i] as InstantGap;
      const target = from + at;
      if (instant === written) {
        // Features of one group come one after the other, and share its instant.
        bytes.copyWithin(target, source, source + INSTANT_LENGTH);
      } else {
        writeInstant(bytes, target, instants[first + instant] as Instant);
        written = instant;
        source = target;
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
    const wider = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + length));
    this.bytes.copy(wider, 0, 0, this.at);
    this.bytes = wider;
  }
}

interface InstantGap {
  /** Where in the fragment the instant goes. */
  readonly at: number;
  /** Which of the row's instants. */
  readonly instant: number;
}

export interface InstantGaps {
  readonly fragment: Uint8Array;
  readonly gaps: readonly InstantGap[];
}
