import {
  compileGroup,
  entityIdOf,
  partitionOf,
  type AggregatedGroupPlan,
  type GroupBatch,
  type PlanDocument,
} from '@millrace/core';
import { partitionName, PlanStore, stateField, type Keys, type RedisConnection } from '@millrace/redis';
import { NaiveGroup } from '../../test/oracle/naive-group.js';

const PARTITIONS = 64;
const GROUPS = 25;
/** Events of a customer in each group: enough for every window to differ from its neighbour. */
const EVENTS = 12;
const HOUR_MS = 3_600_000;
/**
 * Different customers whose states are computed; the others share them. What is read differs by key and by
 * bytes all the same, and filling the store takes seconds instead of minutes.
 */
const TEMPLATES = 500;
/** Copies the first key to all others. */
const COPY_SCRIPT = `for i = 2, #KEYS do redis.call('COPY', KEYS[1], KEYS[i]) end`;

/** 10 features of 2 windows in each of 25 groups; values are full-precision doubles. */
const GROUP_PLANS: readonly AggregatedGroupPlan[] = Array.from({ length: GROUPS }, (_, number) => ({
  kind: 'aggregated',
  name: `g${number}`,
  version: 1,
  entity: 'customer',
  source: 'purchases',
  keyFields: ['customer'],
  derive: [],
  inputs: [{ name: 'amount', type: 'float' }],
  filters: [],
  windows: [
    { kind: 'sliding', lengthMs: 6 * HOUR_MS },
    { kind: 'sliding', lengthMs: 24 * HOUR_MS },
  ],
  features: [0, 1].flatMap((window) =>
    (['count', 'sum', 'mean', 'min', 'max'] as const).map((kind) => ({
      name: `g${number}_${kind}_${window}`,
      type: kind === 'count' ? ('int' as const) : ('float' as const),
      function: { kind },
      window,
      ...(kind !== 'count' && { input: 0 }),
    })),
  ),
  budget: 128,
  resolution: 1 / 64,
}));

function serviceOf(name: string, groups: number): PlanDocument['services'][number] {
  return {
    name,
    version: 1,
    features: GROUP_PLANS.slice(0, groups).flatMap((group) =>
      group.features.map((feature) => ({ group: group.name, version: 1, feature: feature.name })),
    ),
  };
}

const PLAN: PlanDocument = {
  revision: 1,
  entities: [{ name: 'customer', joinKeys: [{ name: 'customer', type: 'string' }], partitions: PARTITIONS }],
  sources: [],
  groups: GROUP_PLANS,
  derivedGroups: [],
  services: [serviceOf('features_50', 5), serviceOf('features_250', 25)],
};

export const SERVICES = ['features_50', 'features_250'] as const;
export type BenchService = (typeof SERVICES)[number];

/** Hash fields that a service reads of each customer. */
export function fieldsOf(name: BenchService): string[] {
  return groupsOf(name).map(stateField);
}

/** The groups that a service reads and their features, by name and type. */
export function groupsOf(name: BenchService): readonly AggregatedGroupPlan[] {
  return GROUP_PLANS.slice(0, name === 'features_50' ? 5 : GROUPS);
}

export function customerKey(keys: Keys, customer: number): string {
  const entityId = entityIdOf([customerId(customer)]);
  return keys.actor(partitionName('customer', partitionOf(entityId, PARTITIONS)), entityId);
}

export function customerId(customer: number): string {
  return `c${customer}`;
}

interface Template {
  readonly states: readonly Buffer[];
  readonly naive: readonly NaiveGroup[];
}

/** The states of all customers in Redis, and what every value of each should be. */
export class Customers {
  /** Whose states those of some groups of a customer are, where they were changed: by customer, then by group. */
  private readonly changed = new Map<number, number[]>();

  private constructor(
    readonly size: number,
    private readonly templates: readonly Template[],
  ) {}

  static async store(redis: RedisConnection, keys: Keys, size: number, now: number): Promise<Customers> {
    const templates = Array.from({ length: Math.min(size, TEMPLATES) }, () => makeTemplate(now));
    await new PlanStore(redis, keys).publish(PLAN);
    for (const [number, { states }] of templates.entries()) {
      const fields = GROUP_PLANS.flatMap((group, i) => [stateField(group), states[i] ?? '']);
      await redis.hset(customerKey(keys, number), ...fields);
      await copyToOthers(redis, keys, number, size);
    }
    return new Customers(size, templates);
  }

  /** Gives a customer other states in all groups of a service. */
  async change(redis: RedisConnection, keys: Keys, customer: number, service: BenchService): Promise<void> {
    const template = Math.floor(Math.random() * this.templates.length);
    const groups = groupsOf(service);
    const fields = groups.flatMap((group, i) => [
      stateField(group),
      this.templates[template]?.states[i] ?? '',
    ]);
    const of = this.changed.get(customer) ?? [];
    for (let group = 0; group < groups.length; group++) of[group] = template;
    this.changed.set(customer, of);
    await redis.hset(customerKey(keys, customer), ...fields);
  }

  /** @throws Error for a wrong value, which voids the speed. */
  check(
    customer: number,
    service: BenchService,
    values: Readonly<Record<string, unknown>>,
    asOf: number,
  ): void {
    const changed = this.changed.get(customer);
    const groups = groupsOf(service);
    const names = Object.keys(values);
    if (names.length !== groups.length * 10)
      throw new Error(`${names.length} values of ${groups.length * 10}`);
    for (const [i, group] of groups.entries()) {
      const naive = this.templates[changed?.[i] ?? customer % this.templates.length]?.naive[i];
      for (const [index, { name }] of group.features.entries()) {
        const [actual, expected] = [values[name], naive?.valueOf(index, asOf)];
        if (!isSame(actual, expected)) {
          throw new Error(
            `${customerId(customer)} ${name}: ${String(actual)} instead of ${String(expected)}`,
          );
        }
      }
    }
  }
}

/** Within Redis, which spares sending all of them: a million hashes take some forty seconds. */
async function copyToOthers(
  redis: RedisConnection,
  keys: Keys,
  template: number,
  size: number,
): Promise<void> {
  const others: string[] = [];
  for (let customer = template + TEMPLATES; customer < size; customer += TEMPLATES)
    others.push(customerKey(keys, customer));
  if (others.length === 0) return;
  await redis.eval(COPY_SCRIPT, others.length + 1, customerKey(keys, template), ...others);
}

function makeTemplate(now: number): Template {
  const naive = GROUP_PLANS.map((group) => new NaiveGroup(group));
  const states = GROUP_PLANS.map((group, g) => {
    const eventTime = Float64Array.from({ length: EVENTS }, () =>
      Math.floor(now - Math.random() * 30 * HOUR_MS),
    ).toSorted();
    const values = Float64Array.from({ length: EVENTS }, () => Math.random() * 1_000);
    const batch: GroupBatch = {
      size: EVENTS,
      eventTime,
      columns: [{ kind: 'number', values }],
      filters: [],
    };
    const engine = compileGroup(group);
    const timeline = engine.create();
    for (let row = 0; row < EVENTS; row++) {
      engine.apply(timeline, batch, row);
      naive[g]?.add(eventTime[row] ?? 0, [values[row] ?? 0]);
    }
    return Buffer.from(engine.encode(timeline));
  });
  return { states, naive };
}

/** Integers to the last bit, floats to rounding. */
function isSame(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== 'number' || typeof expected !== 'number') return actual === (expected ?? null);
  return Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}
