/** Longer texts are rarely the same in one event and the next. */
const LETTERS_MAX = 24;
/** Texts that were read lately, two for each hash of their bytes. */
const remembered: string[] = Array.from({ length: 4_096 }, () => '');

/**
 * The text that some UTF-8 bytes are, where it is short and plain: cities, merchants and such come again and again.
 * The same text is the same object then, which a state of many rows needs no memory for and finds in the processor's
 * cache. Undefined for other texts.
 */
export function shortTextOf(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from > LETTERS_MAX) return undefined;
  let hash = to - from;
  let seen = 0;
  for (let at = from; at < to; at++) {
    hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    seen |= bytes[at]!;
  }
  if (seen >= 0x80) return undefined;
  const place = (hash ^ (hash >>> 11)) & (remembered.length - 2);
  const latest = remembered[place]!;
  if (isPlain(latest, bytes, from, to)) return latest;
  const other = remembered[place + 1]!;
  if (isPlain(other, bytes, from, to)) return other;
  remembered[place + 1] = latest;
  return (remembered[place] = String.fromCharCode(...bytes.subarray(from, to)));
}

/** Whether a text is made of just these plain letters. */
function isPlain(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
