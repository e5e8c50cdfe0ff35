import {
  compilePlan,
  encodeFrame,
  hash32,
  partitionOf,
  type AggregatedGroupPlan,
  type Definition,
  type FrameLayout,
  type PlanDocument,
} from '@millrace/core';
import { partitionName, type PartitionName } from '@millrace/redis';
import { seededRandom } from '../../test/faults/seeded-random.js';
import { zipf } from '../zipf.js';

export const PARTITIONS = 16;
/** bench.md: 100,000 customers, 1 % late, 0.1 % duplicates. */
const CUSTOMERS = 100_000;
const LATE = 0.01;
const DUPLICATES = 0.001;
const FRAME_EVENTS = 1_000;

const BASE: readonly Definition[] = [
  {
    kind: 'Entity',
    name: 'customer',
    joinKeys: [{ name: 'customer', type: 'string' }],
    partitions: PARTITIONS,
  },
  {
    kind: 'Source',
    name: 'purchases',
    type: 'stream',
    fields: {
      id: 'string',
      customer: 'string',
      amount: 'float',
      cost: 'float',
      merchant: 'string',
      at: 'timestamp',
    },
    timestampField: 'at',
    idField: 'id',
  },
];

const WINDOWS = ['1m', '10m', '1h', '24h'] as const;

/** The twelve features of W4 over its four windows. */
const TWELVE: Definition = {
  kind: 'FeatureGroup',
  name: 'customer_purchases',
  entity: 'customer',
  source: 'purchases',
  aggregations: [
    { functions: ['count', 'rate'], windows: WINDOWS },
    {
      of: 'amount',
      functions: ['sum', 'mean', 'min', 'max', 'last', 'stddev', 'first', 'p95', { ratio: 'cost' }],
      windows: WINDOWS,
    },
    { of: 'merchant', functions: ['distinct_count'], windows: WINDOWS },
  ],
};

/** Five numeric features over three windows: issue 4's second figure. */
const FIVE: Definition = {
  kind: 'FeatureGroup',
  name: 'customer_amounts',
  entity: 'customer',
  source: 'purchases',
  aggregations: [
    { functions: ['count'], windows: ['10m', '1h', '24h'] },
    { of: 'amount', functions: ['sum', 'mean', 'min', 'max'], windows: ['10m', '1h', '24h'] },
  ],
};

export interface Shape {
  readonly plan: PlanDocument;
  readonly group: AggregatedGroupPlan;
}

export const TWELVE_FEATURES: Shape = compile(TWELVE);
export const FIVE_FEATURES: Shape = compile(FIVE);

function compile(group: Definition): Shape {
  const definitions = [...BASE, group].map((definition) => ({ definition, version: 1 }));
  const { plan, faults } = compilePlan(1, definitions);
  const [compiled] = plan.groups;
  if (faults.length > 0 || compiled?.kind !== 'aggregated') throw new Error(JSON.stringify(faults));
  return { plan, group: compiled };
}

/** Rows in columns, in the order of their arrival. */
export interface Purchases {
  readonly size: number;
  readonly customer: Uint32Array;
  readonly at: Float64Array;
  readonly amount: Float64Array;
  readonly cost: Float64Array;
  readonly merchant: Uint32Array;
  /** Row whose id each row repeats; its own where it is no duplicate. */
  readonly id: Uint32Array;
}

export function makePurchases(size: number, until: number): Purchases {
  const random = seededRandom(42);
  const draw = zipf(CUSTOMERS, random);
  const purchases = {
    size,
    customer: new Uint32Array(size),
    at: new Float64Array(size),
    amount: new Float64Array(size),
    cost: new Float64Array(size),
    merchant: new Uint32Array(size),
    id: new Uint32Array(size),
  };
  // The stream spans half an hour, so that all but the longest windows move while it is applied.
  const spanMs = 1_800_000;
  for (let row = 0; row < size; row++) {
    if (row > 1_000 && random() < DUPLICATES) {
      const original = row - 1 - Math.floor(random() * 1_000);
      for (const column of ['customer', 'at', 'amount', 'cost', 'merchant', 'id'] as const) {
        purchases[column][row] = purchases[column][original] as number;
      }
      continue;
    }
    const lateMs = random() < LATE ? random() * 600_000 : 0;
    purchases.customer[row] = draw();
    purchases.at[row] = Math.floor(until - spanMs * (1 - row / size) - lateMs);
    purchases.amount[row] = 1 + random() * 500;
    purchases.cost[row] = 1 + random() * 100;
    purchases.merchant[row] = Math.floor(random() * 500);
    purchases.id[row] = row;
  }
  return purchases;
}

export function customerId(customer: number): string {
  return `customer-${customer}`;
}

/** One frame of 1,000 events, all of one partition, ready to be appended. */
export interface PurchaseFrame {
  readonly partition: PartitionName;
  readonly rows: readonly number[];
  /** As ingest would make it. */
  readonly encoded: Buffer;
  readonly eventIds: readonly string[];
}

/** Groups the rows by partition, in their order, into frames of 1,000. */
export function framesOf(purchases: Purchases): PurchaseFrame[] {
  const frames: PurchaseFrame[] = [];
  const open = new Map<number, number[]>();
  const partitionOfCustomer = new Map<number, number>();
  for (let row = 0; row < purchases.size; row++) {
    const customer = purchases.customer[row] as number;
    let partition = partitionOfCustomer.get(customer);
    if (partition === undefined) {
      partition = partitionOf(customerId(customer), PARTITIONS);
      partitionOfCustomer.set(customer, partition);
    }
    const rows = open.get(partition) ?? [];
    rows.push(row);
    open.set(partition, rows);
    if (rows.length === FRAME_EVENTS) {
      frames.push(frameOf(purchases, partition, rows));
      open.delete(partition);
    }
  }
  for (const [partition, rows] of open) frames.push(frameOf(purchases, partition, rows));
  return frames;
}

const LAYOUT: FrameLayout = {
  source: 'purchases',
  route: 'customer(customer)',
  columns: [
    { name: 'id', type: 'string' },
    { name: 'customer', type: 'string' },
    { name: 'amount', type: 'float' },
    { name: 'cost', type: 'float' },
    { name: 'merchant', type: 'string' },
    { name: 'at', type: 'timestamp' },
  ],
};

function frameOf(purchases: Purchases, partition: number, rows: readonly number[]): PurchaseFrame {
  return {
    partition: partitionName('customer', partition),
    rows,
    encoded: encodePurchases(purchases, rows),
    eventIds: rows.map((row) => eventId(purchases, row)),
  };
}

function encodePurchases(purchases: Purchases, rows: readonly number[]): Buffer {
  const at = Float64Array.from(rows, (row) => purchases.at[row] as number);
  const text = (of: (row: number) => string): { kind: 'string'; values: string[] } => ({
    kind: 'string',
    values: rows.map(of),
  });
  const numbers = (from: Float64Array): { kind: 'number'; values: Float64Array } => ({
    kind: 'number',
    values: Float64Array.from(rows, (row) => from[row] as number),
  });
  return encodeFrame(LAYOUT, {
    rows: rows.map((_, i) => i),
    entityIds: rows.map((row) => customerId(purchases.customer[row] as number)),
    eventTime: at,
    columns: [
      text((row) => eventId(purchases, row)),
      text((row) => customerId(purchases.customer[row] as number)),
      numbers(purchases.amount),
      numbers(purchases.cost),
      text((row) => merchantName(purchases.merchant[row] as number)),
      { kind: 'number', values: at },
    ],
  });
}

function eventId(purchases: Purchases, row: number): string {
  const id = purchases.id[row] as number;
  return `purchase-${hash32(String(id)).toString(36)}-${id}`;
}

export function merchantName(merchant: number): string {
  return `merchant-${merchant}`;
}
