/**
 * What one would keep of a customer for these twelve features over these four windows, and nothing else: the
 * newest rows as they came, sorted by time, and buckets of those before, finer the younger they are. All of
 * it doubles, so that encoding is one copy.
 */

/** time, amount, cost, merchant */
const ROW = 4;
const ROWS_MAX = 128;
/** The older half of the rows goes to the buckets when there are ROWS_MAX. */
const FOLDED = ROWS_MAX / 2;

/** Nine numbers, then 32 bins of 16 bits for p95, then a bitmap of 512 merchants. */
const BUCKET = 25;
const [START, COUNT, SUM, SQUARES, MIN, MAX, FIRST, LAST, COST] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const BINS_AT = 9;
const BITS_AT = 17;

export class State {
  changed = false;
  private rows = new Float64Array(8 * ROW);
  private rowCount = 0;
  private buckets = new Float64Array(0);
  private bucketCount = 0;

  static decode(bytes: Buffer | null): State {
    const state = new State();
    if (!bytes) return state;
    const values = new Float64Array(new Uint8Array(bytes).buffer);
    state.rowCount = values[0] as number;
    state.bucketCount = values[1] as number;
    const bucketsAt = 2 + state.rowCount * ROW;
    state.rows = values.slice(2, bucketsAt);
    state.buckets = values.slice(bucketsAt);
    return state;
  }

  encode(): Buffer {
    const rows = this.rowCount * ROW;
    const values = new Float64Array(2 + rows + this.bucketCount * BUCKET);
    values[0] = this.rowCount;
    values[1] = this.bucketCount;
    values.set(this.rows.subarray(0, rows), 2);
    values.set(this.buckets.subarray(0, this.bucketCount * BUCKET), 2 + rows);
    return Buffer.from(values.buffer);
  }

  add(at: number, amount: number, cost: number, merchant: number): void {
    if (this.rowCount === ROWS_MAX) this.fold();
    if ((this.rowCount + 1) * ROW > this.rows.length) this.rows = wider(this.rows, 8 * ROW);
    const { rows } = this;
    let to = this.rowCount++ * ROW;
    for (; to > 0 && (rows[to - ROW] as number) > at; to -= ROW) rows.copyWithin(to, to - ROW, to);
    rows[to] = at;
    rows[to + 1] = amount;
    rows[to + 2] = cost;
    rows[to + 3] = merchant;
  }

  /** Count and sum of everything kept: what the benchmark checks of this loop. */
  totals(): { readonly count: number; readonly sum: number } {
    let count = this.rowCount;
    let sum = 0;
    for (let row = 0; row < this.rowCount; row++) sum += this.rows[row * ROW + 1] as number;
    for (let bucket = 0; bucket < this.bucketCount; bucket++) {
      count += this.buckets[bucket * BUCKET + COUNT] as number;
      sum += this.buckets[bucket * BUCKET + SUM] as number;
    }
    return { count, sum };
  }

  private fold(): void {
    const newest = this.rows[(this.rowCount - 1) * ROW] as number;
    for (let row = 0; row < FOLDED; row++) this.foldRow(row * ROW, newest);
    this.rows.copyWithin(0, FOLDED * ROW, this.rowCount * ROW);
    this.rowCount -= FOLDED;
    this.coarsen(newest);
  }

  private foldRow(from: number, newest: number): void {
    const { rows } = this;
    const at = rows[from] as number;
    const amount = rows[from + 1] as number;
    const merchant = rows[from + 3] as number;
    const bucket = this.bucketOf(at, newest);
    const { buckets } = this;
    if (buckets[bucket + COUNT] === 0) buckets[bucket + FIRST] = amount;
    buckets[bucket + COUNT] = (buckets[bucket + COUNT] as number) + 1;
    buckets[bucket + SUM] = (buckets[bucket + SUM] as number) + amount;
    buckets[bucket + SQUARES] = (buckets[bucket + SQUARES] as number) + amount * amount;
    buckets[bucket + MIN] = Math.min(buckets[bucket + MIN] as number, amount);
    buckets[bucket + MAX] = Math.max(buckets[bucket + MAX] as number, amount);
    buckets[bucket + LAST] = amount;
    buckets[bucket + COST] = (buckets[bucket + COST] as number) + (rows[from + 2] as number);
    const bins = new Uint16Array(buckets.buffer, (bucket + BINS_AT) * 8, 32);
    const bin = Math.min(31, Math.floor(Math.log2(amount + 1) * 3));
    bins[bin] = (bins[bin] as number) + 1;
    const bits = new Uint32Array(buckets.buffer, (bucket + BITS_AT) * 8, 16);
    bits[merchant >> 5] = (bits[merchant >> 5] as number) | (1 << (merchant & 31));
  }

  /** The bucket of an instant, made where there is none; late rows find theirs further back. */
  private bucketOf(at: number, newest: number): number {
    const width = bucketMs(newest - at);
    const start = Math.floor(at / width) * width;
    let place = this.bucketCount;
    while (place > 0 && (this.buckets[(place - 1) * BUCKET] as number) > start) place--;
    const before = (place - 1) * BUCKET;
    if (place > 0 && (this.buckets[before] as number) === start) return before;
    const needed = (this.bucketCount + 1) * BUCKET;
    if (needed > this.buckets.length) this.buckets = wider(this.buckets, 4 * BUCKET);
    const to = place * BUCKET;
    this.buckets.copyWithin(to + BUCKET, to, this.bucketCount * BUCKET);
    this.buckets.fill(0, to, to + BUCKET);
    this.buckets[to + START] = start;
    this.buckets[to + MIN] = Infinity;
    this.buckets[to + MAX] = -Infinity;
    this.bucketCount++;
    return to;
  }

  /** Joins neighbours that by now fall into one wider bucket. */
  private coarsen(newest: number): void {
    let last = -1;
    for (let bucket = 0; bucket < this.bucketCount; bucket++) {
      const from = bucket * BUCKET;
      const width = bucketMs(newest - (this.buckets[from] as number));
      const start = Math.floor((this.buckets[from] as number) / width) * width;
      if (last >= 0 && this.buckets[last * BUCKET] === start) {
        this.join(last * BUCKET, from);
        continue;
      }
      last++;
      if (last < bucket) this.buckets.copyWithin(last * BUCKET, from, from + BUCKET);
      this.buckets[last * BUCKET] = start;
    }
    this.bucketCount = last + 1;
  }

  private join(into: number, from: number): void {
    const { buckets } = this;
    for (const sum of [COUNT, SUM, SQUARES, COST]) {
      buckets[into + sum] = (buckets[into + sum] as number) + (buckets[from + sum] as number);
    }
    buckets[into + MIN] = Math.min(buckets[into + MIN] as number, buckets[from + MIN] as number);
    buckets[into + MAX] = Math.max(buckets[into + MAX] as number, buckets[from + MAX] as number);
    buckets[into + LAST] = buckets[from + LAST] as number;
    const bins = new Uint16Array(buckets.buffer);
    for (let bin = 0; bin < 32; bin++) {
      const to = (into + BINS_AT) * 4 + bin;
      bins[to] = (bins[to] as number) + (bins[(from + BINS_AT) * 4 + bin] as number);
    }
    const bits = new Uint32Array(buckets.buffer);
    for (let word = 0; word < 16; word++) {
      const to = (into + BITS_AT) * 2 + word;
      bits[to] = (bits[to] as number) | (bits[(from + BITS_AT) * 2 + word] as number);
    }
  }
}

/** A sixtieth of the shortest window that an instant of this age can still leave. */
function bucketMs(ageMs: number): number {
  if (ageMs < 60_000) return 1_000;
  if (ageMs < 600_000) return 10_000;
  return ageMs < 3_600_000 ? 60_000 : 1_440_000;
}

function wider(values: Float64Array, by: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(values.length * 2, values.length + by));
  larger.set(values);
  return larger;
}
