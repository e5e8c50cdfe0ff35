/** Both halves of a hash. */
const halves = new Uint32Array(2);

/** Stands for the hash of a row without id. */
const NO_ID = ' '.repeat(19);
/** Integers of 19 digits that fit into 64 bits: 10¹⁸ and up, in steps of 10⁹. */
const UPPER_MIN = 1_000_000_000;
const UPPERS = 8_223_372_036;
const LOWERS = 1_000_000_000;

/**
 * Hashes of event ids within their scope, as append.lua takes them: integers of 64 bits, which Redis keeps compactly in
 * sets, all of 19 digits, so that none has to be looked for. Two ids of one horizon with the same hash would count
 * one event as a duplicate: with ten million ids remembered in a partition, the chance of that is 1.3·10⁻¹² for
 * each event.
 */
export function hashEventIds(scope: string, ids: readonly (string | undefined)[]): string {
  absorb(scope, 0x9e3779b9, 0x85ebca6b);
  const [scopeLow = 0, scopeHigh = 0] = halves;
  let text = '';
  for (const id of ids) {
    if (id === undefined) {
      text += NO_ID;
      continue;
    }
    absorb(id, scopeLow, scopeHigh);
    const [low = 0, high = 0] = halves;
    // One bit of the lower half for the upper digits, of which 32 bits make too few.
    text += UPPER_MIN + ((high * 2 + (low & 1)) % UPPERS);
    text += String(LOWERS + ((low >>> 1) % LOWERS)).slice(1);
  }
  return text;
}

/** Two multiplicative lanes over the UTF-16 units, each finished by the other (cyrb53's construction). */
function absorb(text: string, seedLow: number, seedHigh: number): void {
  let low = seedLow ^ 0xdeadbeef;
  let high = seedHigh ^ 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 2654435761);
    high = Math.imul(high ^ unit, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  halves[0] = low;
  halves[1] = high;
}
