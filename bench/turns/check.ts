import { RedisActorStore } from '@millrace/actor';
import { compileGroup, partitionOf, type FeatureValue } from '@millrace/core';
import { partitionName, stateField, type Keys, type RedisConnection } from '@millrace/redis';
import { NaiveGroup } from '../../test/oracle/naive-group.js';
import { customerId, merchantName, PARTITIONS, type Purchases, type Shape } from './purchases.js';

/** Customers that are compared: some hot, some cold. */
const SAMPLE = 60;

/**
 * Compares every value of a sample of customers with the naive recomputation, within the bounds that the
 * evidence declares. A wrong answer voids the speed.
 */
export async function checkAnswers(
  redis: RedisConnection,
  keys: Keys,
  { group }: Shape,
  purchases: Purchases,
  asOf: number,
): Promise<{ readonly values: number; readonly wrong: number }> {
  const engine = compileGroup(group);
  const store = new RedisActorStore(redis, keys);
  const sample = sampleOf(purchases);
  const naive = naiveGroups(group, purchases, sample);
  let values = 0;
  let wrong = 0;
  for (const [customer, expected] of naive) {
    const id = customerId(customer);
    const partition = partitionName('customer', partitionOf(id, PARTITIONS));
    const state = (await store.load(partition, [stateField(group)], [id]))[0]?.[0];
    const timeline = state ? engine.decode(state) : engine.create();
    const actual: FeatureValue[] = [];
    engine.finish(timeline, asOf, actual);
    const evidence = engine.evidence(timeline, asOf);
    group.features.forEach((feature, index) => {
      // Only what is declared exact can be compared to the last digit; the rest is W6's and the engine's matter.
      if (!evidence[index]?.exact) return;
      values++;
      if (!same(actual[index], expected.valueOf(index, asOf))) {
        wrong++;
        if (wrong < 4)
          console.error(
            `${id} ${feature.name}: ${String(actual[index])}, expected ${String(expected.valueOf(index, asOf))}`,
          );
      }
    });
  }
  return { values, wrong };
}

function sampleOf(purchases: Purchases): ReadonlySet<number> {
  const customers = Math.max(...new Set(purchases.customer.subarray(0, 1_000)));
  const sample = new Set<number>();
  for (let i = 0; i < SAMPLE; i++) sample.add(Math.floor(customers ** (i / SAMPLE)));
  return sample;
}

function naiveGroups(
  group: Shape['group'],
  purchases: Purchases,
  sample: ReadonlySet<number>,
): Map<number, NaiveGroup> {
  const groups = new Map<number, NaiveGroup>();
  for (let row = 0; row < purchases.size; row++) {
    const customer = purchases.customer[row] as number;
    if (!sample.has(customer) || purchases.id[row] !== row) continue;
    let naive = groups.get(customer);
    if (!naive) groups.set(customer, (naive = new NaiveGroup(group)));
    naive.add(
      purchases.at[row] as number,
      group.inputs.map(({ name }) => {
        if (name === 'merchant') return merchantName(purchases.merchant[row] as number);
        return (name === 'cost' ? purchases.cost : purchases.amount)[row] as number;
      }),
    );
  }
  return groups;
}

function same(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== 'number' || typeof expected !== 'number') return Object.is(actual, expected);
  return Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}
