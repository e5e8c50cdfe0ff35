import type { RedisConnection, Keys } from '@millrace/redis';
import { zipf } from '../zipf.js';
import type { BenchService, Customers } from './customers.js';

export const CHANGES_PER_SECOND = 1_000;
const EVERY_MS = 5;

/**
 * Changes the states of so many customers a second, drawn as they are read, in all groups that a service reads, as commits
 * of turns would. Behind its time it catches up: the rate holds on average.
 */
export async function whileStatesChange<T>(
  { redis, keys, customers }: { redis: RedisConnection; keys: Keys; customers: Customers },
  service: BenchService,
  play: () => Promise<T>,
): Promise<T> {
  const draw = zipf(customers.size, Math.random);
  const startedMs = performance.now();
  const underWay = new Set<Promise<void>>();
  let changed = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) * CHANGES_PER_SECOND) / 1_000;
    for (; changed < due; changed++) {
      const change = customers.change(redis, keys, draw(), service);
      underWay.add(change);
      void change.then(() => underWay.delete(change));
    }
  }, EVERY_MS);
  try {
    return await play();
  } finally {
    clearInterval(timer);
    await Promise.all(underWay);
  }
}
