import { describe, expect, it } from 'vitest';
import type { Definition, FeatureServiceDefinition } from '../definitions/definitions.js';
import { compilePlan } from './compile-plan.js';
import { pathOf } from './definition-fault.js';

const entity = (name: string): Definition => ({
  kind: 'Entity',
  name,
  joinKeys: [{ name: `${name}_id`, type: 'int' }],
});
const ORDERS: Definition = {
  kind: 'Source',
  name: 'orders',
  type: 'stream',
  fields: { at: 'timestamp', customer_id: 'int', shop_id: 'int', amount: 'float' },
  timestampField: 'at',
};
const group = (name: string, of: string, window: string): Definition => ({
  kind: 'FeatureGroup',
  name,
  entity: of,
  source: 'orders',
  aggregations: [{ of: 'amount', functions: ['sum'], windows: [window], name: `${name}_sum` }],
});
const TOTALS: Definition = {
  kind: 'DerivedFeatureGroup',
  name: 'totals',
  inputs: ['spending', 'takings'],
  features: [{ name: 'both', type: 'float', expression: 'spending_sum + takings_sum' }],
};
const SERVICE: FeatureServiceDefinition = {
  kind: 'FeatureService',
  name: 'fraud',
  features: ['spending'],
  variants: [
    { name: 'control', weight: 90 },
    { name: 'longer', weight: 10, features: ['spending@1'] },
  ],
};

function compile(service: FeatureServiceDefinition) {
  const newest = [
    entity('customer'),
    entity('shop'),
    ORDERS,
    group('takings', 'shop', '1h'),
    TOTALS,
    service,
  ];
  return compilePlan(1, [
    ...newest.map((definition) => ({ definition, version: 1 })),
    { definition: group('spending', 'customer', '7d'), version: 1 },
    { definition: group('spending', 'customer', '1h'), version: 2 },
  ]);
}

const faultsOf = (change: Partial<FeatureServiceDefinition>): string[] =>
  compile({ ...SERVICE, ...change }).faults.map((fault) => `${pathOf(fault)}: ${fault.message}`);

describe('a service with variants', () => {
  const { plan, faults } = compile(SERVICE);
  const [service] = plan.services;

  it('compiles each variant, one without features to those of the service', () => {
    expect(faults).toEqual([]);
    const newest = { group: 'spending', version: 2, feature: 'spending_sum' };
    expect(service?.split).toEqual({
      by: 'customer',
      variants: [
        { name: 'control', weight: 90, features: [newest] },
        { name: 'longer', weight: 10, features: [{ ...newest, version: 1 }] },
      ],
    });
    expect(service?.features).toEqual([newest, { ...newest, version: 1 }]);
  });

  it('keeps a version that a variant pins', () => {
    expect(plan.groups.filter(({ name }) => name === 'spending').map(({ version }) => version)).toEqual([
      1, 2,
    ]);
  });

  it('needs to say which entity decides where its features belong to several', () => {
    const reads = { variants: [{ name: 'a', weight: 1, features: ['totals'] }] };
    expect(faultsOf(reads)).toEqual([
      'FeatureService/fraud.by: the features belong to customer and shop: say with `by` which of them decides over the variants',
    ]);
    expect(faultsOf({ ...reads, by: 'shop' })).toEqual([]);
  });

  it.each<[string, Partial<FeatureServiceDefinition>, string]>([
    ['an unknown entity', { by: 'custmer' }, 'by: there is no entity "custmer"; did you mean "customer"?'],
    [
      'two variants of one name',
      {
        variants: [
          { name: 'a', weight: 1 },
          { name: 'a', weight: 2 },
        ],
      },
      'variants[1].name: there is a variant "a" already',
    ],
    [
      'a negative weight',
      {
        variants: [
          { name: 'a', weight: -1 },
          { name: 'b', weight: 2 },
        ],
      },
      'variants[0].weight: a weight is 0 or more, got -1',
    ],
    [
      'no weight at all',
      { variants: [{ name: 'a', weight: 0 }] },
      'variants: one variant at least needs a weight above 0: no entity could be served',
    ],
    [
      'an unknown feature of a variant',
      { variants: [{ name: 'a', weight: 1, features: ['spendin'] }] },
      'variants[0].features[0]: there is no feature group "spendin"; did you mean "spending"?',
    ],
    [
      'a feature that is there twice',
      { variants: [{ name: 'a', weight: 1, features: ['spending', 'spending@1'] }] },
      'variants[0].features[1]: the feature "spending_sum" is there twice',
    ],
    [
      'too many variants',
      { variants: Array.from({ length: 21 }, (_, i) => ({ name: `v${i}`, weight: 1 })) },
      'variants: a service has 1 to 20 variants, this has 21',
    ],
  ])('is refused with %s', (_what, change, message) => {
    expect(faultsOf(change)).toEqual([`FeatureService/fraud.${message}`]);
  });

  it('without variants, who decides over them is a mistake', () => {
    const { variants: _variants, ...plain } = SERVICE;
    expect(compile({ ...plain, by: 'customer' }).faults.map(({ message }) => message)).toEqual([
      '`by` tells which entity decides over variants, and there are none',
    ]);
  });
});
