/** Both halves of a hash. */
const halves = new Uint32Array(2);

/** Letters of a hash. */
const LENGTH = 19;
const ZERO = 0x30;
/** Integers of 19 digits that fit into 64 bits: 10¹⁸ and up, in steps of 10⁹. */
const UPPER_MIN = 1_000_000_000;
const UPPERS = 8_223_372_036;
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

/** Of the frame in hand: both parts of the hashes of its ids. */
let uppers = new Float64Array(0);
let lowers = new Int32Array(0);

/**
 * Hashes of event ids within their scope. Two ids of one horizon with the same hash would count one event as a
 * duplicate: with ten million ids remembered in a partition, the chance of that is 1.3·10⁻¹² for each event.
 */
export function hashEventIds(scope: string, byRow: readonly (string | undefined)[]): EventIdHashes {
  absorb(scope, 0x9e3779b9, 0x85ebca6b);
  const [scopeLow = 0, scopeHigh = 0] = halves;
  const rows: number[] = [];
  if (uppers.length < byRow.length) {
    uppers = new Float64Array(byRow.length);
    lowers = new Int32Array(byRow.length);
  }
  for (let row = 0; row < byRow.length; row++) {
    const id = byRow[row];
    if (id === undefined) continue;
    absorb(id, scopeLow, scopeHigh);
    const [low, high] = [halves[0] as number, halves[1] as number];
    // One bit of the lower half for the upper digits, of which 32 bits make too few.
    uppers[rows.length] = UPPER_MIN + ((high * 2 + (low & 1)) % UPPERS);
    lowers[rows.length] = (low >>> 1) % LOWERS;
    rows.push(row);
  }
  const inOrder = rows.length === byRow.length && rows.length < GROUPED_IDS_MIN;
  if (!inOrder) return grouped(rows);
  const hashes = Buffer.allocUnsafe(rows.length * LENGTH);
  for (let i = 0; i < rows.length; i++) writeHash(hashes, i, i);
  return { hashes, places: NO_PLACES };
}

const NO_PLACES = Buffer.alloc(0);

/** Sorts by group, and by row within one. */
function grouped(rows: readonly number[]): EventIdHashes {
  const counts = new Uint16Array(GROUPS);
  for (let i = 0; i < rows.length; i++) counts[groupOf(lowers[i]!)]!++;
  const next = new Uint32Array(GROUPS);
  for (let group = 1; group < GROUPS; group++) next[group] = next[group - 1]! + counts[group - 1]!;
  const hashes = Buffer.allocUnsafe(rows.length * LENGTH);
  const places = Buffer.allocUnsafe(2 * GROUPS + 4 * rows.length);
  for (let group = 0; group < GROUPS; group++) places.writeUInt16LE(counts[group]!, 2 * group);
  for (let i = 0; i < rows.length; i++) {
    const place = next[groupOf(lowers[i]!)]!++;
    writeHash(hashes, place, i);
    places.writeUInt32LE(rows[i]!, 2 * GROUPS + 4 * place);
  }
  return { hashes, places };
}

function groupOf(lower: number): number {
  return 10 * (lower % 10) + (((lower / 10) | 0) % 10);
}

/** The decimal digits of the i-th hash of the frame. */
function writeHash(into: Buffer, place: number, i: number): void {
  const at = place * LENGTH;
  const upper = uppers[i]!;
  const first = Math.floor(upper / 1e9);
  into[at] = ZERO + first;
  writeNineDigits(into, at + 1, upper - first * 1e9);
  writeNineDigits(into, at + 10, lowers[i]!);
}

/** The letters of 000 to 999: three digits for each division. */
const TRIPLES = Uint8Array.from({ length: 3_000 }, (_, i) => {
  const number = (i / 3) | 0;
  return ZERO + ([(number / 100) | 0, ((number / 10) | 0) % 10, number % 10][i % 3] ?? 0);
});

function writeNineDigits(into: Buffer, at: number, value: number): void {
  const millions = (value / 1e6) | 0;
  const below = value - millions * 1e6;
  const thousands = (below / 1e3) | 0;
  writeTriple(into, at, millions);
  writeTriple(into, at + 3, thousands);
  writeTriple(into, at + 6, below - thousands * 1e3);
}

function writeTriple(into: Buffer, at: number, number: number): void {
  into[at] = TRIPLES[3 * number]!;
  into[at + 1] = TRIPLES[3 * number + 1]!;
  into[at + 2] = TRIPLES[3 * number + 2]!;
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
