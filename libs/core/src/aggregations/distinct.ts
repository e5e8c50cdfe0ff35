/**
 * Distinct counts. Singles are compared by hash. Of merged-away rows the timeline keeps one ledger: each value's
 * hash with the time at which it was last seen, newest first. How many entries are later than a window's edge is
 * the window's count, to the millisecond, for windows of all lengths at once.
 *
 * Beyond `EXACT_MAX` values the ledger becomes a sliding HyperLogLog (Chabchoub & Hébrail 2010): entries are
 * (time, register, rank), and one stays only while no newer entry of its register has as high a rank. The estimate
 * is Ertl's (arXiv:1702.01284, algorithm 6), which needs no correction for small counts.
 */
import type { Instant } from '../time.js';
import type { StateReader } from '../windows/state-reader.js';
import type { StateWriter } from '../windows/state-writer.js';
import { ROWS, type Tiles } from '../windows/tiles.js';
import { LedgerAccumulator, passes, type Field, type RowFilter } from './accumulator.js';
import { hashAt } from './value-hash.js';

/** Values that the ledger of one timeline holds exactly: at 10 to 14 bytes each about 12 KB. */
export const EXACT_MAX = 1_024;
const REGISTER_BITS = 10;
const REGISTERS = 1 << REGISTER_BITS;
/** Bits of the 53-bit hash that are left for the rank. */
const RANK_BITS = 53 - REGISTER_BITS;
/** Standard error of HyperLogLog with 1,024 registers: 1.04 / √1024. */
export const DISTINCT_STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS);

/** Newest first. `keys` are hashes, or once `sketched` register × 64 + rank. */
interface DistinctLedger {
  sketched: boolean;
  times: number[];
  keys: number[];
}

export class DistinctCount extends LedgerAccumulator<DistinctLedger> {
  private readonly hashes = new HashSet();
  private readonly registers = new Registers();
  private ledger: DistinctLedger | undefined;
  /** How many entries of the ledger were counted in this pass: cuts come from the newest to the oldest. */
  private counted = 0;
  /** Rows that merges gave to the ledger since the last `settle`. */
  private readonly pending: { time: number; hash: number }[] = [];

  constructor(
    private readonly field: Field,
    private readonly filter: RowFilter,
  ) {
    super();
  }

  get isSketched(): boolean {
    return this.ledger?.sketched ?? false;
  }

  /** The count for a window that holds the rows later than `after`. */
  countAfter(after: Instant): number {
    const { ledger } = this;
    if (ledger) {
      const { times, keys, sketched } = ledger;
      const from = this.counted;
      let to = from;
      while (to < times.length && times[to]! > after) to++;
      this.counted = to;
      if (sketched) this.registers.raiseAll(keys, from, to);
      else for (let at = from; at < to; at++) this.hashes.add(keys[at]!);
    }
    return this.isSketched ? Math.round(this.registers.estimate()) : this.hashes.size;
  }

  reset(tiles: Tiles): void {
    this.hashes.clear();
    this.registers.clear();
    this.ledger = this.ledgerOf(tiles);
    this.counted = 0;
  }

  foldSingles(tiles: Tiles, from: number, to: number): void {
    for (let i = to - 1; i >= from; i--) {
      if (!passes(tiles, this.filter, i)) continue;
      const hash = hashAt(tiles, this.field, i);
      if (Number.isNaN(hash)) continue;
      if (this.isSketched) this.registers.raise(registerOf(hash), rankOf(hash));
      else this.hashes.add(hash);
    }
  }

  protected override merge(tiles: Tiles, from: number, to: number): void {
    const rowsAt = ROWS * tiles.capacity;
    for (let i = to - 1; i >= from; i--) {
      if (tiles.cells[rowsAt + i]! > 1 || !passes(tiles, this.filter, i)) continue;
      const hash = hashAt(tiles, this.field, i);
      if (!Number.isNaN(hash)) this.pending.push({ time: tiles.cells[i]!, hash });
    }
  }

  override settle(tiles: Tiles, horizon: Instant): void {
    const known = this.ledgerOf(tiles);
    if (!known && this.pending.length === 0) return;
    let ledger = this.joined(known ?? this.createLedger(), horizon);
    if (!ledger.sketched && ledger.keys.length > EXACT_MAX) ledger = this.sketchOf(ledger);
    tiles.ledgers[this.ledgerAt] = ledger;
    this.pending.length = 0;
  }

  createLedger(): DistinctLedger {
    return { sketched: false, times: [], keys: [] };
  }

  writeLedger(ledger: DistinctLedger, out: StateWriter): void {
    const { sketched, times, keys } = ledger;
    out.byte(sketched ? 1 : 0);
    out.varint(times.length);
    let time = times[0] ?? 0;
    if (times.length > 0) out.double(time);
    for (let i = 0; i < times.length; i++) {
      out.varint(time - times[i]!);
      time = times[i]!;
      if (sketched) {
        out.varint(keys[i]!);
      } else {
        out.uint32(keys[i]! % 0x1_0000_0000);
        out.varint(Math.floor(keys[i]! / 0x1_0000_0000));
      }
    }
  }

  readLedger(from: StateReader): DistinctLedger {
    const ledger: DistinctLedger = { sketched: from.byte() === 1, times: [], keys: [] };
    const count = from.varint();
    let time = count > 0 ? from.double() : 0;
    for (let i = 0; i < count; i++) {
      time -= from.varint();
      ledger.times.push(time);
      ledger.keys.push(ledger.sketched ? from.varint() : from.uint32() + from.varint() * 0x1_0000_0000);
    }
    return ledger;
  }

  /** The ledger with the pending rows, without what lies behind the horizon and what newer entries replace. */
  private joined({ sketched, times, keys }: DistinctLedger, horizon: Instant): DistinctLedger {
    const pending = this.pending.toSorted((a, b) => b.time - a.time || b.hash - a.hash);
    const joined: DistinctLedger = { sketched, times: [], keys: [] };
    this.hashes.clear();
    this.registers.clear();
    for (let i = 0, j = 0; i < times.length || j < pending.length;) {
      const fromPending = i === times.length || (j < pending.length && pending[j]!.time >= times[i]!);
      const time = fromPending ? pending[j]!.time : times[i]!;
      if (time <= horizon) break;
      const key = fromPending ? keyOf(pending[j]!.hash, sketched) : keys[i]!;
      if (fromPending) j++;
      else i++;
      const isNew = sketched ? this.registers.raise(key >>> 6, key & 63) : this.hashes.add(key);
      if (!isNew) continue;
      joined.times.push(time);
      joined.keys.push(key);
    }
    return joined;
  }

  private sketchOf({ times, keys }: DistinctLedger): DistinctLedger {
    const sketch: DistinctLedger = { sketched: true, times: [], keys: [] };
    this.registers.clear();
    for (let i = 0; i < times.length; i++) {
      const key = keyOf(keys[i]!, true);
      if (!this.registers.raise(key >>> 6, key & 63)) continue;
      sketch.times.push(times[i]!);
      sketch.keys.push(key);
    }
    return sketch;
  }
}

function keyOf(hash: number, sketched: boolean): number {
  return sketched ? registerOf(hash) * 64 + rankOf(hash) : hash;
}

function registerOf(hash: number): number {
  return hash % REGISTERS;
}

/** Position of the first one-bit among the bits that do not choose the register; 1 if it is the first bit. */
function rankOf(hash: number): number {
  const bits = Math.floor(hash / REGISTERS);
  const high = Math.floor(bits / 2 ** 22);
  if (high > 0) return Math.clz32(high) - 10;
  const low = bits % 2 ** 22;
  return low > 0 ? 21 + Math.clz32(low) - 9 : RANK_BITS + 1;
}

/** Rank → what a register of it adds to the sum: 2^−rank; nothing while it saw no value, or nothing but zeros. */
const SHARES = Float64Array.from({ length: RANK_BITS + 2 }, (_, rank) =>
  rank === 0 || rank > RANK_BITS ? 0 : 2 ** -rank,
);

/** The registers of a HyperLogLog, and what the estimate needs of them. */
class Registers {
  private readonly ranks = new Uint8Array(REGISTERS);
  /** Registers that saw no value, and those whose values had nothing but zeros. */
  private empty = REGISTERS;
  private full = 0;
  /** Of the others the sum of 2^−rank: without rounding, as it takes 10 bits before and 43 after the point. */
  private sum = 0;

  clear(): void {
    if (this.empty === REGISTERS) return;
    this.ranks.fill(0);
    this.empty = REGISTERS;
    this.full = 0;
    this.sum = 0;
  }

  /** Whether the rank is higher than any that the register saw. */
  raise(register: number, rank: number): boolean {
    const known = this.ranks[register]!;
    if (rank <= known) return false;
    this.ranks[register] = rank;
    this.sum += SHARES[rank]! - SHARES[known]!;
    if (known === 0) this.empty--;
    if (rank > RANK_BITS) this.full++;
    return true;
  }

  /** Raises registers to the ranks of the keys at `[from, to)`. */
  raiseAll(keys: readonly number[], from: number, to: number): void {
    const { ranks } = this;
    let { sum, empty, full } = this;
    for (let at = from; at < to; at++) {
      const key = keys[at]!;
      const rank = key & 63;
      const known = ranks[key >>> 6]!;
      if (rank <= known) continue;
      ranks[key >>> 6] = rank;
      sum += SHARES[rank]! - SHARES[known]!;
      if (known === 0) empty--;
      if (rank > RANK_BITS) full++;
    }
    this.sum = sum;
    this.empty = empty;
    this.full = full;
  }

  estimate(): number {
    const ofFull = (REGISTERS * tau(1 - this.full / REGISTERS)) / 2 ** RANK_BITS;
    const z = ofFull + this.sum + REGISTERS * sigma(this.empty / REGISTERS);
    return REGISTERS ** 2 / (2 * Math.LN2 * z);
  }
}

/** Ertl's σ: x + Σ x^(2^k) · 2^(k−1). */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let [power, weight, sum] = [x, 1, x];
  for (let before = -1; sum !== before;) {
    before = sum;
    power *= power;
    sum += power * weight;
    weight += weight;
  }
  return sum;
}

/** Ertl's τ: (1 − x − Σ (1 − x^(2^−k))² · 2^−k) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [root, weight, sum] = [x, 1, 1 - x];
  for (let before = -1; sum !== before;) {
    before = sum;
    root = Math.sqrt(root);
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}

/** A set of hashes in open addressing that is emptied by forgetting its round, not by clearing its slots. */
class HashSet {
  size = 0;
  private slots = new Float64Array(512);
  private rounds = new Uint32Array(512);
  private round = 1;

  clear(): void {
    this.size = 0;
    this.round++;
  }

  /** Whether the hash was not there yet. */
  add(hash: number): boolean {
    const mask = this.slots.length - 1;
    let at = (hash % 0x4000_0000) & mask;
    while (this.rounds[at] === this.round) {
      if (this.slots[at] === hash) return false;
      at = (at + 1) & mask;
    }
    this.rounds[at] = this.round;
    this.slots[at] = hash;
    if (++this.size * 2 > this.slots.length) this.grow();
    return true;
  }

  private grow(): void {
    const { slots, rounds, round } = this;
    this.slots = new Float64Array(slots.length * 2);
    this.rounds = new Uint32Array(slots.length * 2);
    this.round = 1;
    this.size = 0;
    slots.forEach((hash, at) => rounds[at] === round && this.add(hash));
  }
}
