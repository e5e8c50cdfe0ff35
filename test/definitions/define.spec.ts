import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { compilePlan, type Definition, type PlanDocument } from '@millrace/core';
import flights from '../../examples/flights/flights.js';
import fraud from '../../examples/fraud/fraud.js';
import { AmbiguousDefinitionError, entity, repository } from '@millrace/define';
import { customer, offers, shop } from './shop.js';

const examples = path.resolve(import.meta.dirname, '../../examples');

function yamlDefinitions(example: string): Definition[] {
  const folder = path.join(examples, example);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Definition);
}

function inOrder(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.toSorted((one, other) =>
    `${one.kind}/${one.name}` < `${other.kind}/${other.name}` ? -1 : 1,
  );
}

function planOf(definitions: readonly Definition[]): PlanDocument {
  const registered = inOrder(definitions).map((definition) => ({ definition, version: 1 }));
  const { plan, faults } = compilePlan(1, registered);
  expect(faults).toEqual([]);
  return plan;
}

describe.each([
  ['flights', flights],
  ['fraud', fraud],
])('examples/%s in TypeScript', (example, { definitions }) => {
  it('is what its YAML says', () => {
    expect(inOrder(definitions)).toEqual(inOrder(yamlDefinitions(example)));
  });

  it('compiles to the same plan', () => {
    expect(planOf(definitions)).toEqual(planOf(yamlDefinitions(example)));
  });
});

describe('definitions in TypeScript', () => {
  it('give features the names and column types that the types say', () => {
    const [spending] = planOf(shop.definitions).groups.filter(({ kind }) => kind === 'aggregated');
    expect(spending?.features.map(({ name }) => name)).toEqual([
      'amount_mean_1h',
      'amount_mean_7d',
      'amount_p99_9_1h',
      'amount_p99_9_7d',
      'amount_last_k_1h',
      'amount_last_k_7d',
      'amount_ewma_1h',
      'amount_ewma_7d',
      'count_lifetime',
      'count_last100',
      'rate_per_minute_lifetime',
      'rate_per_minute_last100',
      'count_last20_60s',
      'shop_last_24h',
      'shop_last_distinct_k_24h',
      'shop_max_by_24h',
      'items_sum_by_shop_tumbling_1d',
      'at_max_tumbling_1d_from_6h',
      'big_sum_session_30m',
      'big_last_session_30m',
      'dearest',
      'price_max_1h',
      'price_min_1h',
    ]);
    expect(spending).toMatchObject({ derive: [{ type: 'int' }, { name: 'cents', type: 'int' }] });
  });

  it('split a service over variants as YAML does', () => {
    expect(offers.definition).toEqual({
      kind: 'FeatureService',
      name: 'offers',
      features: ['spending:amount_mean_1h'],
      by: 'customer',
      variants: [
        { name: 'control', weight: 90 },
        { name: 'profiled', weight: 10, features: ['spending@1:dearest', 'profile'] },
      ],
    });
    const { services } = planOf(repository(offers).definitions);
    expect(services[0]?.split?.variants.map(({ features }) => features.length)).toEqual([1, 3]);
  });

  it('are plain JSON', () => {
    expect(JSON.parse(JSON.stringify(shop.definitions))).toEqual(shop.definitions);
  });

  it('come each once, and what is referred to comes first', () => {
    expect(flights.definitions.map(({ name }) => name)).toEqual([
      'airport',
      'departures',
      'airport_departures',
      'airport_week',
      'airport_inbound',
      'airport_trend',
      'departure_board',
      'route',
      'route_delays',
      'delay_prediction',
    ]);
  });

  it('are refused where two of them have one name', () => {
    const another = entity({ name: 'customer', joinKeys: [{ name: 'email', type: 'string' }] });
    expect(() => repository(customer, another)).toThrow(AmbiguousDefinitionError);
  });
});
