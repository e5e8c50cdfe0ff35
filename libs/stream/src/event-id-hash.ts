/** Both halves of a hash. */
const halves = new Uint32Array(2);

/** Letters of a hash. */
const LENGTH = 19;
const ZERO = 0x30;
/** Integers of 19 digits that fit into 64 bits: 10¹⁸ and up, in steps of 10⁹. */
const UPPER_MIN = 1_000_000_000;
const UPPERS = 8_223_372_036;
const [UPPER_DIGITS, LOWER_DIGITS] = [10, 9];
const LOWERS = 1_000_000_000;

/** The script takes ids of one bucket together, of which it has ten at first: with fewer ids each goes by itself. */
const GROUPED_IDS_MIN = 20;
/** By the last two digits, the last one first: so buckets by one digit and by two each lie in a row. */
const GROUPS = 100;

/** The event ids of a frame as append.lua takes them. */
export interface EventIdHashes {
  /** Integers of 64 bits, which Redis keeps compactly in sets, all of 19 digits, so that none has to be looked for. */
  readonly hashes: Buffer;
  /** Groups and rows, as append.lua says; empty where the hashes come in the order of the rows and each row has one. */
  readonly places: Buffer;
}

/**
 * Hashes of event ids within their scope. Two ids of one horizon with the same hash would count one event as a
 * duplicate: with ten million ids remembered in a partition, the chance of that is 1.3·10⁻¹² for each event.
 */
export function hashEventIds(scope: string, byRow: readonly (string | undefined)[]): EventIdHashes {
  absorb(scope, 0x9e3779b9, 0x85ebca6b);
  const [scopeLow = 0, scopeHigh = 0] = halves;
  const letters = Buffer.allocUnsafe(byRow.length * LENGTH);
  const rows: number[] = [];
  let at = 0;
  for (let row = 0; row < byRow.length; row++) {
    const id = byRow[row];
    if (id === undefined) continue;
    absorb(id, scopeLow, scopeHigh);
    const [low, high] = [halves[0] as number, halves[1] as number];
    // One bit of the lower half for the upper digits, of which 32 bits make too few.
    writeDigits(letters, at, UPPER_DIGITS, UPPER_MIN + ((high * 2 + (low & 1)) % UPPERS));
    writeDigits(letters, at + UPPER_DIGITS, LOWER_DIGITS, (low >>> 1) % LOWERS);
    rows.push(row);
    at += LENGTH;
  }
  const hashes = letters.subarray(0, at);
  const inOrder = rows.length === byRow.length && rows.length < GROUPED_IDS_MIN;
  return inOrder ? { hashes, places: NO_PLACES } : grouped(hashes, rows);
}

const NO_PLACES = Buffer.alloc(0);

/** Sorts by group, and by row within one. */
function grouped(hashes: Buffer, rows: readonly number[]): EventIdHashes {
  const counts = new Uint16Array(GROUPS);
  for (let i = 0; i < rows.length; i++) counts[groupOf(hashes, i)]!++;
  const next = new Uint32Array(GROUPS);
  for (let group = 1; group < GROUPS; group++) next[group] = next[group - 1]! + counts[group - 1]!;
  const sorted = Buffer.allocUnsafe(hashes.length);
  const places = Buffer.allocUnsafe(2 * GROUPS + 4 * rows.length);
  for (let group = 0; group < GROUPS; group++) places.writeUInt16LE(counts[group]!, 2 * group);
  for (let i = 0; i < rows.length; i++) {
    const place = next[groupOf(hashes, i)]!++;
    for (let letter = 0; letter < LENGTH; letter++) {
      sorted[place * LENGTH + letter] = hashes[i * LENGTH + letter]!;
    }
    places.writeUInt32LE(rows[i]!, 2 * GROUPS + 4 * place);
  }
  return { hashes: sorted, places };
}

function groupOf(hashes: Buffer, i: number): number {
  const end = (i + 1) * LENGTH;
  return 10 * (hashes[end - 1]! - ZERO) + (hashes[end - 2]! - ZERO);
}

/** Decimal digits with leading zeros: a third of the time that it took to make texts of numbers and to join them. */
function writeDigits(into: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = Math.floor(rest / 10);
    into[i] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
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
