import { customerId, merchantName, type PurchaseFrame, type Purchases } from '../purchases.js';

/** A frame as one would pack it for this one job: dictionaries of the two texts, doubles for the rest. */
export interface RawFrame {
  readonly customers: readonly string[];
  /** Per row: the place of its customer in `customers`. */
  readonly customerOf: Uint16Array;
  readonly at: Float64Array;
  readonly amount: Float64Array;
  readonly cost: Float64Array;
  /** Per row: the number of its merchant. */
  readonly merchant: Uint16Array;
}

/** Duplicates are left out here: the product drops them when it appends, which W4 does not time. */
export function encodeRaw(purchases: Purchases, { rows }: PurchaseFrame): Buffer {
  const kept = rows.filter((row) => purchases.id[row] === row);
  const customers = new Map<string, number>();
  const merchants = new Map<string, number>();
  const codes = (texts: Map<string, number>, of: (row: number) => string): Uint16Array =>
    Uint16Array.from(kept, (row) => {
      const text = of(row);
      const known = texts.get(text);
      if (known === undefined) texts.set(text, texts.size);
      return known ?? texts.size - 1;
    });
  const customerOf = codes(customers, (row) => customerId(purchases.customer[row] as number));
  const merchantOf = codes(merchants, (row) => merchantName(purchases.merchant[row] as number));
  const doubles = (from: Float64Array): Float64Array => Float64Array.from(kept, (row) => from[row] as number);
  const texts = JSON.stringify([[...customers.keys()], [...merchants.keys()]]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kept.length, 0);
  head.writeUInt32LE(texts.length, 4);
  const columns = [doubles(purchases.at), doubles(purchases.amount), doubles(purchases.cost)];
  return Buffer.concat([
    head,
    ...[...columns, customerOf, merchantOf].map((column) => Buffer.from(column.buffer)),
    Buffer.from(texts, 'latin1'),
  ]);
}

export function decodeRaw(buffer: Buffer): RawFrame {
  const size = buffer.readUInt32LE(0);
  // Copied, because a reply of Redis is not aligned to eight bytes.
  const bytes = new Uint8Array(buffer.subarray(8)).buffer;
  const [customers, merchants] = JSON.parse(buffer.toString('latin1', 8 + size * 28)) as [string[], string[]];
  const numbers = merchants.map(merchantNumber);
  const merchantOf = new Uint16Array(bytes, size * 26, size);
  return {
    customers,
    customerOf: new Uint16Array(bytes, size * 24, size),
    at: new Float64Array(bytes, 0, size),
    amount: new Float64Array(bytes, size * 8, size),
    cost: new Float64Array(bytes, size * 16, size),
    merchant: merchantOf.map((code) => numbers[code] as number),
  };
}

/** One that knows its merchants numbers them, and counts the distinct ones in a bitmap. */
function merchantNumber(name: string): number {
  return Number(name.slice(name.indexOf('-') + 1));
}
