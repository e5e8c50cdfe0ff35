import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  compileGroup,
  entityIdOf,
  partitionOf,
  type AggregatedGroupPlan,
  type PlanDocument,
} from '@millrace/core';
import { partitionName, stateField } from '@millrace/redis';
import { NaiveGroup } from '../../oracle/naive-group.js';
import { batchOf } from '../../oracle/scenario-check.js';
import { scenarios, type Scenario } from '../../oracle/scenario.js';
import { runApi, type RunningApi } from './running-api.js';

const SCENARIOS = 60;
/** So many events stay single tiles: then every window is exact. */
const BUDGET = 4_096;
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** Random groups with random streams of late, equal and bursting events, all in one plan. */
const drawn = fc
  .sample(
    scenarios({
      kinds: ['count', 'sum', 'mean', 'min', 'max', 'stddev', 'variance', 'first', 'last', 'rate', 'ratio'],
      windows: ['sliding', 'lifetime', 'tumbling', 'records'],
      stepsMax: 60,
    }),
    { numRuns: SCENARIOS, seed: SEED },
  )
  .map((scenario, i) => ({ scenario, group: groupOf(scenario, i) }));

const PLAN: PlanDocument = {
  revision: 1,
  entities: [{ name: 'thing', joinKeys: [{ name: 'id', type: 'string' }], partitions: 8 }],
  sources: [],
  groups: drawn.map(({ group }) => group),
  derivedGroups: [],
  services: [],
};

let api: RunningApi;

beforeAll(async () => {
  api = await runApi(PLAN);
});

afterAll(() => api.stop());

it(`every served value equals its recomputation from the events (seed ${SEED})`, async () => {
  for (const { scenario, group } of drawn) {
    const naive = await store(scenario, group);
    if (naive.size === 0 || group.features.length === 0) continue;
    for (const afterNewestMs of [0, 1, 5_000, 86_400_000]) {
      const asOf = naive.newest + afterNewestMs;
      const { first } = await api.post('/v1/features', {
        features: [group.name],
        entities: [{ id: 'x' }],
        asOf,
      });
      const expected = group.features.map((_, index) => asJson(naive.valueOf(index, asOf)));
      const served = group.features.map(({ name }) => first.values[name]);
      expect(served.map(rounded), `${group.name} as of ${asOf}`).toEqual(expected.map(rounded));
    }
  }
});

/** Applies the events as a turn does and stores the state; answers the naive group that holds them too. */
async function store({ steps }: Scenario, group: AggregatedGroupPlan): Promise<NaiveGroup> {
  const events = steps.filter((step) => step.kind === 'event');
  const engine = compileGroup(group);
  const timeline = engine.create();
  const batch = batchOf(group.inputs, events);
  const naive = new NaiveGroup(group);
  for (const [row, event] of events.entries()) {
    if (engine.apply(timeline, batch, row) === 'applied') naive.add(event.time, event.values, event.passes);
  }
  const entityId = entityIdOf(['x']);
  const key = api.keys.actor(partitionName('thing', partitionOf(entityId, 8)), entityId);
  await api.redis.hset(key, stateField(group), Buffer.from(engine.encode(timeline)));
  return naive;
}

function groupOf({ plan }: Scenario, i: number): AggregatedGroupPlan {
  // Maps are compared in the engine's own tests; here a feature is one value.
  const features = plan.features.filter((feature) => feature.by === undefined);
  return { ...plan, name: `random${i}`, budget: BUDGET, features };
}

/** What a JSON parser that knows doubles only makes of a value. */
function asJson(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Floats are compared to rounding: sums of the two computations come in another order. */
function rounded(value: unknown): unknown {
  if (typeof value !== 'number') return value ?? null;
  return value === 0 ? 0 : Number(value.toPrecision(9));
}
