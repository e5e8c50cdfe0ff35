import { inspect } from 'node:util';
import { RedisActorStore } from '@millrace/actor';
import { compileGroup, partitionOf, type FeatureValue } from '@millrace/core';
import { partitionName, stateField, type Keys, type RedisConnection } from '@millrace/redis';
import { NaiveGroup } from '../oracle/naive-group.js';
import { GROUP, PLAN, type Payment } from './payments.js';

/** What became of the accepted events. */
export interface Verdict {
  /** Accepted and not counted. */
  readonly lost: number;
  /** Counted and not accepted: taken twice. */
  readonly dup: number;
  /** Feature values that differ from the naive recomputation. */
  readonly wrong: number;
  readonly accounts: number;
  readonly values: number;
}

const COUNT_24H = GROUP.features.findIndex((feature) => feature.name === 'count_24h');

/** Compares every value of every account with the naive recomputation of the ledger, as of now. */
export async function judge(
  redis: RedisConnection,
  keys: Keys,
  accepted: readonly Payment[],
): Promise<Verdict> {
  const asOf = Date.now();
  const engine = compileGroup(GROUP);
  const store = new RedisActorStore(redis, keys);
  const partitions = PLAN.entities[0]?.partitions ?? 0;
  const verdict = { lost: 0, dup: 0, wrong: 0, accounts: 0, values: 0 };
  for (const [account, naive] of naiveAccounts(accepted)) {
    const partition = partitionName('account', partitionOf(account, partitions));
    const [states] = await store.load(partition, [stateField(GROUP)], [account]);
    const state = states?.[0];
    const values: FeatureValue[] = [];
    engine.finish(state ? engine.decode(state) : engine.create(), asOf, values);
    verdict.accounts++;
    GROUP.features.forEach((feature, index) => {
      verdict.values++;
      const expected = naive.valueOf(index, asOf);
      if (!sameValue(values[index], expected)) {
        verdict.wrong++;
        if (verdict.wrong <= 3) {
          console.error(
            `${account} ${feature.name}: ${inspect(values[index])}, expected ${inspect(expected)}`,
          );
        }
      }
    });
    const missing = Number(naive.valueOf(COUNT_24H, asOf)) - Number(values[COUNT_24H]);
    if (missing > 0) verdict.lost += missing;
    else verdict.dup -= missing;
  }
  return verdict;
}

function naiveAccounts(accepted: readonly Payment[]): Map<string, NaiveGroup> {
  const groups = new Map<string, NaiveGroup>();
  for (const { account, amount, paid_at } of accepted) {
    let group = groups.get(account);
    if (!group) groups.set(account, (group = new NaiveGroup(GROUP)));
    group.add(
      paid_at,
      GROUP.inputs.map(() => amount),
    );
  }
  return groups;
}

/** Means and deviations to rounding, everything else to the last bit. */
function sameValue(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== 'number' || typeof expected !== 'number') return Object.is(actual, expected);
  return Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}
