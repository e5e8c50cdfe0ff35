import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  compileGroup,
  entityIdOf,
  FUNCTIONS,
  parseExactJson,
  partitionOf,
  type AggregatedGroupPlan,
  type FeatureValue,
  type PlanDocument,
} from '@millrace/core';
import { partitionName, stateField } from '@millrace/redis';
import { NaiveGroup } from '../../oracle/naive-group.js';
import type { NaiveValue } from '../../oracle/naive-functions.js';
import { batchOf, same, slackOf } from '../../oracle/scenario-check.js';
import { ALL_KINDS, ALL_WINDOWS, scenarios, type Scenario } from '../../oracle/scenario.js';
import { runApi, type RunningApi } from './running-api.js';

const SCENARIOS = 60;
/** So many events stay single tiles: then every window is exact, but for what a sketch holds. */
const BUDGET = 4_096;
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** Random groups of any functions and windows, with random streams of late, equal and bursting events, all in one plan. */
const drawn = fc
  .sample(scenarios({ kinds: ALL_KINDS, windows: ALL_WINDOWS, stepsMax: 60 }), {
    numRuns: SCENARIOS,
    seed: SEED,
  })
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
  const kinds = new Set<string>();
  for (const { scenario, group } of drawn) {
    const naive = await store(scenario, group);
    if (naive.size === 0 || group.features.length === 0) continue;
    for (const afterNewestMs of [0, 1, 5_000, 86_400_000]) {
      const asOf = naive.newest + afterNewestMs;
      const asked = { features: [group.name], entities: [{ id: 'x' }], asOf, evidence: true };
      const { text } = await api.post('/v1/features', asked);
      const { results } = parseExactJson(text) as { readonly results: readonly ServedRow[] };
      for (const [index, feature] of group.features.entries()) {
        if (results[0]?.evidence[feature.name]?.exact !== true) continue;
        kinds.add(feature.function.kind);
        const expected = naive.valueOf(index, asOf);
        const served = asComputed(results[0].values[feature.name], expected);
        const isSame = same(served, expected, slackOf(group, naive, index, asOf));
        const compared = isSame ? expected : served;
        expect(compared, `${group.name}, ${JSON.stringify(feature)} as of ${asOf}`).toEqual(expected);
      }
    }
  }
  expect(kinds.size).toBeGreaterThan(ALL_KINDS.length / 2);
});

interface ServedRow {
  readonly values: Readonly<Record<string, unknown>>;
  readonly evidence: Readonly<Record<string, { readonly exact: boolean }>>;
}

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
  // A scenario says nothing of types, and an answer is written by them.
  const features = plan.features.map((feature) => {
    const input = feature.input === undefined ? undefined : plan.inputs[feature.input]?.type;
    const type: typeof feature.type =
      feature.by === undefined ? FUNCTIONS[feature.function.kind].result(input) : 'map';
    return { ...feature, type };
  });
  return { ...plan, name: `random${i}`, budget: BUDGET, features };
}

/** A value of an answer as the engine has it: instants are numbers, truth is 1, maps are pairs in order. */
function asComputed(value: unknown, expected: NaiveValue | undefined): FeatureValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const items = Array.isArray(expected) ? (expected as readonly NaiveValue[]) : [];
    return value.map((item, i) => asComputed(item, items[i]));
  }
  if (typeof value === 'object') {
    const pairs = typeof expected === 'object' && expected !== null && 'map' in expected ? expected.map : [];
    const known = new Map<string, NaiveValue>(pairs as readonly (readonly [string, NaiveValue])[]);
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { map: entries.map(([key, held]) => [key, asComputed(held, known.get(key))] as const) };
  }
  if (typeof expected !== 'number') return value as FeatureValue;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'string' ? Date.parse(value) : (value as FeatureValue);
}
