/**
 * 53-bit hashes of values: as many bits as a double holds exactly, so a hash is a plain number. Among 1,024
 * values two share one with a probability below 10^-10.
 */
import type { Tiles } from '../windows/tiles.js';
import type { Field } from './accumulator.js';

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The hash of a single's value; NaN where it is null. */
export function hashAt(tiles: Tiles, field: Field, at: number): number {
  if (field.text >= 0) {
    const text = tiles.texts[field.text]![at];
    return text === null || text === undefined ? NaN : hashOfText(text);
  }
  const value = tiles.cells[field.column * tiles.capacity + at]!;
  if (Number.isNaN(value)) return NaN;
  const rest = field.rest < 0 ? 0 : tiles.cells[field.rest * tiles.capacity + at]!;
  return hashOfNumber(value, rest);
}

function hashOfNumber(value: number, rest: number): number {
  // Adding 0 makes −0 and 0, which are equal, the same bits.
  double[0] = value + 0;
  const low = words[0]! ^ Math.imul(rest, 0x9e3779b1);
  return joined(Math.imul(low, 0x85ebca77) ^ words[1]!, Math.imul(words[1]!, 0xc2b2ae3d) ^ low);
}

/** Two multiplicative streams over the UTF-16 units, as in cyrb53 (bryc, public domain). */
function hashOfText(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  return joined(a ^ Math.imul(text.length, 0x27d4eb2f), b);
}

/** 21 bits of one and 32 of the other word, each mixed with both (finalizer of MurmurHash3). */
function joined(a: number, b: number): number {
  const low = finalized(a ^ Math.imul(b, 0x9e3779b1));
  const high = finalized(b ^ Math.imul(low, 0x85ebca6b));
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
}

function finalized(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
