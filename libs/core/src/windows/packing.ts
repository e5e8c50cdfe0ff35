/** How states are packed: numbers as small as their values allow. Little-endian. */

/** How a column of numbers is packed; the first byte of its block. */
export const ALL_NULL = 0;
export const ALL_ZERO = 1;
export const INTEGERS = 2;
/** Zero stands for null, every other value is one more than its zigzag form. */
export const INTEGERS_OR_NULL = 3;
export const DOUBLES = 4;

/** The bytes of the longest varint: 53 bits, seven a byte. */
export const VARINT_BYTES_MAX = 8;

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * A 32-bit checksum (the mixing of MurmurHash3, Austin Appleby, public domain). Each step is a bijection of the
 * word it takes, so damage inside one aligned 32-bit word never goes unnoticed; other damage does with 2^-32.
 */
export function checksumOf(view: DataView, from: number, to: number): number {
  let hash = (to - from) | 0;
  let at = from;
  for (; at + 4 <= to; at += 4) hash = mixed(hash, view.getInt32(at, true));
  let tail = 0;
  for (let shift = 0; at < to; at++, shift += 8) tail |= view.getUint8(at) << shift;
  hash = mixed(hash, tail);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** The varint at a place. */
export function varintAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (; bytes[at]! >= 0x80; scale *= 128) value += (bytes[at++]! & 0x7f) * scale;
  return value + bytes[at]! * scale;
}

/** How many bytes a varint takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; value = Math.floor(value / 128)) size++;
  return size;
}
