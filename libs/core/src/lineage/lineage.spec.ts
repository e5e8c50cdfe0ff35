import { describe, expect, it } from 'vitest';
import type { Definition } from '../definitions/definitions.js';
import { compilePlan } from '../plan/compile-plan.js';
import { lineageAround, type LineageSubject } from './lineage-around.js';
import { lineageOf } from './lineage-of-plan.js';
import { openLineageOf } from './openlineage.js';

const DEFINITIONS: readonly Definition[] = [
  { kind: 'Entity', name: 'customer', joinKeys: [{ name: 'customer', type: 'string' }] },
  {
    kind: 'Source',
    name: 'orders',
    type: 'stream',
    fields: { at: 'timestamp', buyer: 'string', shop: 'string', price: 'float', items: 'int', paid: 'bool' },
    timestampField: 'at',
  },
  {
    kind: 'Source',
    name: 'profiles',
    type: 'push',
    fields: { at: 'timestamp', customer: 'string', segment: 'string' },
    timestampField: 'at',
  },
  {
    kind: 'FeatureGroup',
    name: 'spending',
    entity: 'customer',
    source: 'orders',
    keys: { customer: 'buyer' },
    where: 'paid',
    derive: { total: 'price * double(items)' },
    aggregations: [
      { of: 'total', functions: ['sum'], windows: ['1h'], where: 'items > 0' },
      { of: 'shop', functions: [{ max_by: 'total' }], windows: ['1d'] },
      { functions: ['count'], by: 'shop', windows: ['1d'] },
      { of: 'total', functions: [{ ratio: 'items' }], windows: ['1d'] },
    ],
  },
  {
    kind: 'FeatureGroup',
    name: 'profile',
    entity: 'customer',
    source: 'profiles',
    features: [{ name: 'segment', type: 'string' }],
  },
  {
    kind: 'DerivedFeatureGroup',
    name: 'risk',
    inputs: ['spending', 'profile'],
    requestFields: { amount: 'float' },
    features: [
      { name: 'share', type: 'float', expression: 'amount / spending.total_sum_1h' },
      { name: 'high', type: 'bool', expression: 'share > 2.0 && segment == "new"' },
    ],
  },
  { kind: 'FeatureService', name: 'checkout', features: ['spending:total_sum_1h', 'risk:high'] },
];

const { plan, faults } = compilePlan(
  1,
  DEFINITIONS.map((definition) => ({ definition, version: 1 })),
);
const lineage = lineageOf(plan);

const intoOf = (id: string): string[] =>
  lineage.edges
    .filter(({ to }) => to === id)
    .map(({ from, use }) => `${use} ${from}`)
    .toSorted();

function around(subject: LineageSubject, name: string) {
  const found = lineageAround(lineage, subject, name);
  return (
    found && {
      subject: found.subject.map(({ id }) => id),
      upstream: found.upstream.nodes.map(({ id }) => id),
      downstream: found.downstream.nodes.map(({ id }) => id),
    }
  );
}

describe('the lineage of a plan', () => {
  it('is told of valid definitions', () => expect(faults).toEqual([]));

  it('leads from fields over a derived column to the features that aggregate it', () => {
    expect(intoOf('derived-column/spending@1.total')).toEqual([
      'expression source-field/orders.items',
      'expression source-field/orders.price',
    ]);
    expect(intoOf('feature/spending@1:total_sum_1h')).toEqual([
      'aggregation derived-column/spending@1.total',
      'filter source-field/orders.items',
      'filter source-field/orders.paid',
      'key source-field/orders.buyer',
      'time source-field/orders.at',
    ]);
  });

  it('tells what orders, divides and groups values from what is aggregated', () => {
    expect(intoOf('feature/spending@1:shop_max_by_1d')).toContain('order derived-column/spending@1.total');
    expect(intoOf('feature/spending@1:count_by_shop_1d')).toContain('category source-field/orders.shop');
    expect(intoOf('feature/spending@1:total_ratio_1d')).toContain('aggregation source-field/orders.items');
  });

  it('leads from a pushed field to its feature as it is', () => {
    expect(intoOf('feature/profile@1:segment')).toEqual([
      'key source-field/profiles.customer',
      'time source-field/profiles.at',
      'value source-field/profiles.segment',
    ]);
  });

  it('leads from features, request fields and earlier derived features to derived ones', () => {
    expect(intoOf('derived-feature/risk@1:share')).toEqual([
      'expression feature/spending@1:total_sum_1h',
      'expression request-field/risk@1.amount',
    ]);
    expect(intoOf('derived-feature/risk@1:high')).toEqual([
      'expression derived-feature/risk@1:share',
      'expression feature/profile@1:segment',
    ]);
  });

  it('ends at the services', () => {
    expect(intoOf('feature-service/checkout')).toEqual([
      'served derived-feature/risk@1:high',
      'served feature/spending@1:total_sum_1h',
    ]);
  });
});

describe('the lineage around something', () => {
  it('has all that feeds it and all that it feeds', () => {
    expect(around('features', 'spending:total_sum_1h')).toEqual({
      subject: ['feature/spending@1:total_sum_1h'],
      upstream: [
        'source-field/orders.at',
        'source-field/orders.buyer',
        'source-field/orders.price',
        'source-field/orders.items',
        'source-field/orders.paid',
        'derived-column/spending@1.total',
      ],
      downstream: ['derived-feature/risk@1:share', 'derived-feature/risk@1:high', 'feature-service/checkout'],
    });
  });

  it('may be asked of a field, and of a whole source, group or service', () => {
    expect(around('source-fields', 'profiles.segment')?.downstream).toEqual([
      'feature/profile@1:segment',
      'derived-feature/risk@1:high',
      'feature-service/checkout',
    ]);
    expect(around('sources', 'profiles')?.subject).toHaveLength(3);
    expect(around('feature-groups', 'profile@1')?.subject).toEqual(['feature/profile@1:segment']);
    expect(around('feature-services', 'checkout')?.downstream).toEqual([]);
  });

  it('is not there for names that are not', () => {
    expect(around('features', 'spending:nothing')).toBeUndefined();
    expect(around('sources', 'spending')).toBeUndefined();
    expect(around('feature-groups', 'spending@2')).toBeUndefined();
  });
});

describe('lineage as OpenLineage events', () => {
  const events = openLineageOf(lineage, Date.UTC(2026, 0, 1), 'test');
  const columnLineage = (name: string, field: string): unknown => {
    const output = events.find(({ job }) => job.name === name)?.outputs[0];
    const facet = output?.facets['columnLineage'] as
      { readonly fields: Readonly<Record<string, { readonly inputFields: readonly object[] }>> } | undefined;
    return facet?.fields[field]?.inputFields;
  };
  const origin = (name: string, field: string, type: string, subtype: string): object => ({
    namespace: 'test',
    name,
    field,
    transformations: [{ type, subtype, masking: false }],
  });

  it('are one per group and service, with its datasets', () => {
    expect(
      events.map(({ job, inputs, outputs }) => [
        job.name,
        inputs.map(({ name }) => name),
        outputs.map(({ name }) => name),
      ]),
    ).toEqual([
      ['feature-group.spending@1', ['source.orders'], ['feature-group.spending@1']],
      ['feature-group.profile@1', ['source.profiles'], ['feature-group.profile@1']],
      [
        'derived-feature-group.risk@1',
        ['request.risk@1', 'feature-group.spending@1', 'feature-group.profile@1'],
        ['derived-feature-group.risk@1'],
      ],
      [
        'feature-service.checkout',
        ['feature-group.spending@1', 'derived-feature-group.risk@1'],
        ['feature-service.checkout'],
      ],
    ]);
    expect(events[0]).toMatchObject({
      eventTime: '2026-01-01T00:00:00.000Z',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent',
    });
  });

  it('lead through derived columns to the fields of the source', () => {
    expect(columnLineage('feature-group.spending@1', 'total_sum_1h')).toEqual([
      origin('source.orders', 'buyer', 'INDIRECT', 'GROUP_BY'),
      origin('source.orders', 'at', 'INDIRECT', 'WINDOW'),
      origin('source.orders', 'price', 'DIRECT', 'AGGREGATION'),
      origin('source.orders', 'items', 'DIRECT', 'AGGREGATION'),
      origin('source.orders', 'paid', 'INDIRECT', 'FILTER'),
      origin('source.orders', 'items', 'INDIRECT', 'FILTER'),
    ]);
  });

  it('lead through earlier derived features to features and request fields', () => {
    expect(columnLineage('derived-feature-group.risk@1', 'high')).toEqual([
      origin('request.risk@1', 'amount', 'DIRECT', 'TRANSFORMATION'),
      origin('feature-group.spending@1', 'total_sum_1h', 'DIRECT', 'TRANSFORMATION'),
      origin('feature-group.profile@1', 'segment', 'DIRECT', 'TRANSFORMATION'),
    ]);
  });

  it('tell that a service answers features as they are', () => {
    expect(columnLineage('feature-service.checkout', 'high')).toEqual([
      origin('derived-feature-group.risk@1', 'high', 'DIRECT', 'IDENTITY'),
    ]);
  });
});
