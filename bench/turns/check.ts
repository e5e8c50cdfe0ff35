import { RedisActorStore } from '@millrace/actor';
import { compileGroup, partitionOf, type FeatureValue, type ValueEvidence } from '@millrace/core';
import { partitionName, stateField, type Keys, type RedisConnection } from '@millrace/redis';
import { NaiveGroup } from '../../test/oracle/naive-group.js';
import type { HandWrittenLoop } from './hand-written/loop.js';
import { customerId, merchantName, PARTITIONS, type Purchases, type Shape } from './purchases.js';

/** Customers of whom every value is compared: some hot, some cold. */
const SAMPLE = 40;
const LOADED_AT_ONCE = 1_000;

/**
 * Compares what a run left in Redis with the rows that went in: of every customer the count of the longest
 * window, which holds all rows, so nothing was lost and nothing counted twice; of a sample every value, with
 * the naive recomputation and within the bounds that the evidence declares.
 * @throws Error for a wrong answer, which voids the speed
 */
export async function checkProduct(
  redis: RedisConnection,
  keys: Keys,
  { group }: Shape,
  purchases: Purchases,
  asOf: number,
): Promise<void> {
  const engine = compileGroup(group);
  const store = new RedisActorStore(redis, keys);
  const counts = trueTotals(purchases);
  const naive = naiveGroups(group, purchases, sampleOf(counts.size));
  const countOfAll = group.features.findLastIndex((feature) => feature.function.kind === 'count');
  const tally = new Tally();
  for (const [partition, customers] of byPartition(counts.keys())) {
    for (let from = 0; from < customers.length; from += LOADED_AT_ONCE) {
      const some = customers.slice(from, from + LOADED_AT_ONCE);
      const states = await store.load(partition, [stateField(group)], some.map(customerId));
      some.forEach((customer, i) => {
        const packed = states[i]?.[0];
        const timeline = packed ? engine.decode(packed) : engine.create();
        const actual: FeatureValue[] = [];
        engine.finish(timeline, asOf, actual);
        tally.compare(`${customerId(customer)} count`, actual[countOfAll], counts.get(customer)?.count);
        const expected = naive.get(customer);
        if (!expected) return;
        const evidence = engine.evidence(timeline, asOf);
        group.features.forEach(({ name }, index) =>
          tally.compareWithin(
            `${customerId(customer)} ${name}`,
            actual[index],
            expected.valueOf(index, asOf),
            evidence[index],
          ),
        );
      });
    }
  }
  tally.mustBeRight('the product');
}

/** The hand-written loop keeps partials from which totals are known; so its states are checked by those. */
export async function checkHandWritten(loop: HandWrittenLoop, purchases: Purchases): Promise<void> {
  const tally = new Tally();
  const totals = trueTotals(purchases);
  const customers = [...totals.keys()];
  for (let from = 0; from < customers.length; from += LOADED_AT_ONCE) {
    const some = customers.slice(from, from + LOADED_AT_ONCE);
    const states = await loop.states(partitionNameOf, some);
    some.forEach((customer, i) => {
      const { count, sum } = states[i]?.totals() ?? { count: 0, sum: 0 };
      tally.compare(`${customerId(customer)} count`, count, totals.get(customer)?.count);
      tally.compare(`${customerId(customer)} sum`, sum, totals.get(customer)?.sum);
    });
  }
  tally.mustBeRight('the hand-written loop');
}

/** Values compared, and those that were wrong. */
class Tally {
  private compared = 0;
  private readonly wrong: string[] = [];

  compare(what: string, actual: unknown, expected: unknown): void {
    this.compareUpTo(what, actual, expected, 1e-9 * Math.max(1, Math.abs(Number(expected))));
  }

  /** What a merged tile at a window's edge or a sketch may have moved is compared as closely as was promised. */
  compareWithin(what: string, actual: unknown, expected: unknown, evidence: ValueEvidence | undefined): void {
    if (!evidence || evidence.exact) return this.compare(what, actual, expected);
    if (evidence.valueBound !== undefined) {
      this.compareUpTo(what, actual, expected, evidence.valueBound * (1 + 1e-9));
    } else if (evidence.sketchError !== undefined && evidence.uncertainEvents === undefined) {
      this.compareUpTo(what, actual, expected, evidence.sketchError * Math.abs(Number(expected)) * 1.0001);
    }
  }

  mustBeRight(who: string): void {
    if (this.wrong.length === 0 && this.compared > 0) return;
    const some = this.wrong.slice(0, 3).join('; ');
    throw new Error(
      `${who}: ${this.wrong.length} of ${this.compared} values are wrong, the speed is void: ${some}`,
    );
  }

  private compareUpTo(what: string, actual: unknown, expected: unknown, tolerance: number): void {
    this.compared++;
    const near =
      typeof actual === 'number' && typeof expected === 'number' && Math.abs(actual - expected) <= tolerance;
    if (near || Object.is(actual, expected)) return;
    this.wrong.push(`${what} ${String(actual)}, expected ${String(expected)}`);
  }
}

function partitionNameOf(id: string): ReturnType<typeof partitionName> {
  return partitionName('customer', partitionOf(id, PARTITIONS));
}

function byPartition(customers: Iterable<number>): Map<ReturnType<typeof partitionName>, number[]> {
  const found = new Map<ReturnType<typeof partitionName>, number[]>();
  for (const customer of customers) {
    const partition = partitionNameOf(customerId(customer));
    const known = found.get(partition);
    if (known) known.push(customer);
    else found.set(partition, [customer]);
  }
  return found;
}

function trueTotals(purchases: Purchases): Map<number, { count: number; sum: number }> {
  const totals = new Map<number, { count: number; sum: number }>();
  for (let row = 0; row < purchases.size; row++) {
    if (purchases.id[row] !== row) continue;
    const customer = purchases.customer[row] as number;
    let total = totals.get(customer);
    if (!total) totals.set(customer, (total = { count: 0, sum: 0 }));
    total.count++;
    total.sum += purchases.amount[row] as number;
  }
  return totals;
}

/** Customers are numbered from the most frequent one on: evenly on a logarithmic scale. */
function sampleOf(customers: number): ReadonlySet<number> {
  return new Set(Array.from({ length: SAMPLE }, (_, i) => Math.floor(customers ** (i / SAMPLE))));
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
