import { seededRandom } from '../../test/faults/seeded-random.js';
import { customerId, merchantName } from '../turns/purchases.js';

/** One event as a client has it: some 150 bytes of JSON. */
export interface PurchaseEvent {
  readonly id: string;
  readonly json: string;
}

const CUSTOMERS = 100_000;

/** Events that nobody sent before: `series` makes their ids their own. */
export function makeEvents(count: number, series: number): PurchaseEvent[] {
  const random = seededRandom(series);
  const at = Date.now();
  return Array.from({ length: count }, (_, i) => {
    const id = `purchase-${series}-${String(i).padStart(10, '0')}`;
    const event = {
      id,
      customer: customerId(Math.floor(random() ** 3 * CUSTOMERS)),
      amount: 1 + random() * 500,
      cost: Math.round(random() * 10_000) / 100,
      merchant: merchantName(Math.floor(random() * 500)),
      at: at - Math.floor(random() * 1_000),
    };
    return { id, json: JSON.stringify(event) };
  });
}

/** Bodies of one request each: an object where the batch is one event, else an array. */
export function bodiesOf(events: readonly PurchaseEvent[], batch: number): string[] {
  if (batch === 1) return events.map(({ json }) => json);
  const bodies: string[] = [];
  for (let from = 0; from < events.length; from += batch) {
    const some = events.slice(from, from + batch).map(({ json }) => json);
    bodies.push(`[${some.join(',')}]`);
  }
  return bodies;
}
