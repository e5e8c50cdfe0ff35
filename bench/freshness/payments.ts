import { seededRandom } from '../../test/faults/seeded-random.js';
import { zipf } from '../zipf.js';

const CUSTOMERS = 100_000;
/** Part of all events that the hot variant gives to one customer. */
const HOT_PART = 0.1;
const HOT_CUSTOMER = 'the-hot-one';

/** A group whose newest `seq` tells a reader which events it has seen, on an entity of so many partitions. */
export function definitions(partitions: number): readonly unknown[] {
  const entity = {
    kind: 'Entity',
    name: 'customer',
    partitions,
    joinKeys: [{ name: 'customer', type: 'string' }],
  };
  return [entity, ...SOURCE_AND_GROUP];
}

const SOURCE_AND_GROUP: readonly unknown[] = [
  {
    kind: 'Source',
    name: 'payments',
    type: 'stream',
    fields: { id: 'string', customer: 'string', amount: 'float', seq: 'int', at: 'timestamp' },
    timestampField: 'at',
    idField: 'id',
  },
  {
    kind: 'FeatureGroup',
    name: 'customer_payments',
    entity: 'customer',
    source: 'payments',
    aggregations: [
      { functions: ['count'], windows: ['1m', '1h', 'lifetime'] },
      { of: 'amount', functions: ['sum', 'mean', 'max'], windows: ['1m', '1h'] },
      { of: 'seq', functions: ['max'], windows: ['lifetime'] },
    ],
  },
];

export const COUNT = 'count_lifetime';
export const NEWEST = 'seq_max_lifetime';

export interface Payment {
  readonly customer: string;
  readonly seq: number;
  readonly json: string;
}

/** Payments without end, numbered from 1 in the order of their making. */
export class Payments {
  private readonly random = seededRandom(7);
  private readonly draw = zipf(CUSTOMERS, this.random);
  private readonly run = Math.floor(Math.random() * 1e9);
  private seq = 0;
  /** How many were made for each customer: what a reader must find in the end. */
  readonly counts = new Map<string, number>();

  make(hot: boolean): Payment {
    const seq = ++this.seq;
    const customer = hot && this.random() < HOT_PART ? HOT_CUSTOMER : `customer-${this.draw()}`;
    this.counts.set(customer, (this.counts.get(customer) ?? 0) + 1);
    const amount = 1 + this.random() * 500;
    const json = JSON.stringify({ id: `payment-${this.run}-${seq}`, customer, amount, seq, at: Date.now() });
    return { customer, seq, json };
  }
}
