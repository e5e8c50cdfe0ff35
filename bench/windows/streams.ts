import type { GroupBatch } from '@millrace/core';

/** One entity's events, in columns: what a turn hands to the engine. */
export interface Stream {
  readonly batch: GroupBatch;
  /** The instant of the last event. */
  readonly end: number;
}

export const AMOUNT = 0;
export const QUANTITY = 1;
export const MERCHANT = 2;

export const STREAM_INPUTS = [
  { name: 'amount', type: 'float' },
  { name: 'quantity', type: 'int' },
  { name: 'merchant', type: 'string' },
] as const;

const END = Date.UTC(2026, 0, 2, 12);
const MERCHANTS = 2_000;

/** Events at even distances, give or take, up to a fixed end; the same for the same seed. */
export function streamOf(events: number, overMs: number, seed: number): Stream {
  const random = mulberry32(seed);
  const eventTime = new Float64Array(events);
  const amounts = new Float64Array(events);
  const quantities = new Float64Array(events);
  const merchants: string[] = [];
  for (let i = 0; i < events; i++) {
    eventTime[i] = Math.floor(END - overMs + ((i + random()) * overMs) / events);
    // Log-normal as payments are, with all digits of a double.
    amounts[i] = Math.exp(3 + 1.2 * normal(random));
    quantities[i] = Math.floor(random() * 20);
    merchants.push(`merchant-${Math.floor(MERCHANTS * random() ** 3)}`);
  }
  const batch: GroupBatch = {
    size: events,
    eventTime,
    columns: [
      { kind: 'number', values: amounts },
      { kind: 'number', values: quantities },
      { kind: 'string', values: merchants },
    ],
    filters: [],
  };
  return { batch, end: eventTime[events - 1] ?? END };
}

/** Small seeded generator (Tommy Ettinger, public domain): the same stream in every run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
