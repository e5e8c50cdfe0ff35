/** Random applies of a small shop: what they hold fits together or not, as chance will have it. */
import type { Definition, FeatureGroupDefinition } from '@millrace/core';
import type { Removal } from '@millrace/registry';
import fc from 'fast-check';

/** The entity of all of them. */
export const customer = (description: string): Definition => ({
  kind: 'Entity',
  name: 'customer',
  description,
  joinKeys: [{ name: 'customer_id', type: 'string' }],
});

const description = fc.constantFrom('as it was', 'as it is now');

const source = (name: string): fc.Arbitrary<Definition> =>
  fc.record({
    kind: fc.constant('Source' as const),
    name: fc.constant(name),
    description,
    type: fc.constant('stream' as const),
    fields: fc
      .constantFrom('int' as const, 'float' as const)
      .map((amount) => ({ at: 'timestamp' as const, customer_id: 'string' as const, amount })),
    timestampField: fc.constant('at'),
  });

const group = (name: string): fc.Arbitrary<FeatureGroupDefinition> =>
  fc
    .record(
      {
        description,
        source: fc.constantFrom('orders', 'refunds'),
        where: fc.constantFrom('amount > 0.0', 'amount > 10.0'),
        freshness: fc.constantFrom({ target: '10s' }, { target: '1m' }),
        functions: fc.subarray(['mean', 'max', 'count'], { minLength: 1 }),
        windows: fc.subarray(['1h', '24h'], { minLength: 1 }),
      },
      { requiredKeys: ['source', 'functions', 'windows'] },
    )
    .map(({ functions, windows, ...rest }) => ({
      kind: 'FeatureGroup',
      name,
      entity: 'customer',
      ...rest,
      aggregations: [{ of: 'amount', functions, windows }],
    }));

/** Follow the newest version of a group, or pin its first one: there may be no such group or version. */
const references = fc.constantFrom('spending', 'habits', 'spending@1').map((reference) => [reference]);

const service: fc.Arbitrary<Definition> = fc
  .record(
    {
      features: references,
      variants: fc.tuple(references, fc.integer({ min: 0, max: 2 })).map(([features, weight]) => [
        { name: 'control', weight: 1 },
        { name: 'other', weight, features },
      ]),
    },
    { requiredKeys: ['features'] },
  )
  .map((shape) => ({ kind: 'FeatureService', name: 'board', ...shape }));

export interface Step {
  readonly desired: readonly Definition[];
  readonly removal: Removal;
}

export const randomStep: fc.Arbitrary<Step> = fc
  .record({
    description,
    sources: fc.tuple(source('orders'), source('refunds')),
    spending: fc.option(group('spending')),
    habits: fc.option(group('habits')),
    board: fc.option(service),
    prune: fc.boolean(),
  })
  .map(({ description: text, sources, spending, habits, board, prune }) => ({
    desired: [customer(text), ...sources, spending, habits, board].filter((one) => one !== null),
    removal: prune ? { prune } : { prune, remove: [] },
  }));
