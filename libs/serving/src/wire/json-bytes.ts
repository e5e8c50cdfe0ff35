import type { Instant } from '@millrace/core';
import { writeInstant } from './instant-text.js';

const BYTES_AT_FIRST = 64 * 1_024;
/** A buffer that one large answer left behind is let go beyond this. */
const BYTES_KEPT_MAX = 4 * 1_024 * 1_024;
/** Up to here copying byte by byte is faster than a call out of JavaScript. */
const SHORT = 48;
/** Longest text of a double, its `.0` included: `-1.2345678901234567e-300`. */
const DOUBLE_LENGTH_MAX = 32;

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

  begin(): void {
    if (this.bytes.length > BYTES_KEPT_MAX) this.bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
    this.at = 0;
  }

  /** A copy of what was written since `begin`. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.at);
    this.bytes.copy(taken, 0, 0, this.at);
    return taken;
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

  text(text: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.reserve(text.length * 3);
    if (text.length > SHORT || !this.plain(text)) this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /**
   * The double that begins at `from` of what `JSON.stringify` made of an array of doubles, with a mark that it is
   * one: `3.0`, never `3`. Answers where the next one begins. An array costs half of what as many numbers cost.
   */
  double(array: string, from: number): number {
    this.reserve(DOUBLE_LENGTH_MAX);
    const { bytes } = this;
    let { at } = this;
    let isWhole = true;
    let i = from;
    for (; ; i++) {
      const unit = array.charCodeAt(i);
      if (unit === COMMA || unit === CLOSING_BRACKET) break;
      if (unit === DOT || unit === EXPONENT) isWhole = false;
      bytes[at++] = unit;
    }
    if (isWhole) {
      bytes[at++] = DOT;
      bytes[at++] = ZERO;
    }
    this.at = at;
    return i + 1;
  }

  /** A fragment that holds gaps for instants, and which of the instants goes into each. */
  instants({ fragment, gaps }: InstantGaps, instants: Float64Array, first: number): void {
    const from = this.at;
    this.ready(fragment);
    for (let i = 0; i < gaps.length; i++) {
      const { at, instant } = gaps[i] as InstantGap;
      writeInstant(this.bytes, from + at, instants[first + instant] as Instant);
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
