import { describe, expectTypeOf, test } from 'vitest';
import { aggregatedGroup, entity, pushedGroup, source, type CatalogOf, type TypesOf } from '@millrace/define';
import { customer, offers, orders, pair, profiles, shop, spending } from './shop.js';

type Shop = CatalogOf<typeof shop>;
type Spending = TypesOf<typeof spending>['features'];

describe('the names of aggregated features', () => {
  test('follow <of>_<function>_<window>', () => {
    expectTypeOf<keyof Spending>().toEqualTypeOf<
      | 'amount_mean_1h'
      | 'amount_mean_7d'
      | 'amount_p99_9_1h'
      | 'amount_p99_9_7d'
      | 'amount_last_k_1h'
      | 'amount_last_k_7d'
      | 'amount_ewma_1h'
      | 'amount_ewma_7d'
      | 'count_lifetime'
      | 'count_last100'
      | 'rate_per_minute_lifetime'
      | 'rate_per_minute_last100'
      | 'count_last20_60s'
      | 'shop_last_24h'
      | 'shop_last_distinct_k_24h'
      | 'shop_max_by_24h'
      | 'items_sum_by_shop_tumbling_1d'
      | 'at_max_tumbling_1d_from_6h'
      | 'big_sum_session_30m'
      | 'big_last_session_30m'
      | 'dearest'
      | 'price_max_1h'
      | 'price_min_1h'
    >();
  });
});

describe('the values of aggregated features', () => {
  test('are of the type that the function gives, or null', () => {
    expectTypeOf<Spending['amount_mean_1h']>().toEqualTypeOf<number | null>();
    expectTypeOf<Spending['amount_last_k_7d']>().toEqualTypeOf<readonly number[] | null>();
    expectTypeOf<Spending['shop_last_24h']>().toEqualTypeOf<string | null>();
    expectTypeOf<Spending['shop_last_distinct_k_24h']>().toEqualTypeOf<readonly string[] | null>();
    expectTypeOf<Spending['shop_max_by_24h']>().toEqualTypeOf<string | null>();
    expectTypeOf<Spending['at_max_tumbling_1d_from_6h']>().toEqualTypeOf<string | null>();
    expectTypeOf<Spending['items_sum_by_shop_tumbling_1d']>().toEqualTypeOf<Readonly<
      Record<string, number>
    > | null>();
    expectTypeOf<Spending['dearest']>().toEqualTypeOf<number | null>();
  });

  test('of a derived column without a type are whatever CEL gives', () => {
    expectTypeOf<Spending['big_sum_session_30m']>().toEqualTypeOf<number | null>();
    expectTypeOf<Spending['big_last_session_30m']>().toEqualTypeOf<number | string | boolean | null>();
  });
});

describe('a catalog', () => {
  test('knows the join keys, request fields and features of a service', () => {
    expectTypeOf<Shop['services']['checkout']['row']>().toEqualTypeOf<{
      readonly customer_id: number | `${bigint}`;
    }>();
    expectTypeOf<Shop['services']['checkout']['request']>().toEqualTypeOf<{
      readonly amount: number | null;
    }>();
    expectTypeOf<Shop['services']['checkout']['features']>().toEqualTypeOf<{
      readonly amount_mean_1h: number | null;
      readonly segment: string | null;
      readonly taste: readonly number[] | null;
      readonly ratio: number | null;
    }>();
  });

  test('knows what each variant of a service serves: what only some do has to be looked for', () => {
    type Offers = TypesOf<typeof offers>;
    expectTypeOf<Offers['row']>().toEqualTypeOf<{ readonly customer_id: number | `${bigint}` }>();
    expectTypeOf<Offers['features']>().toEqualTypeOf<
      | { readonly amount_mean_1h: number | null }
      | {
          readonly dearest: number | null;
          readonly segment: string | null;
          readonly taste: readonly number[] | null;
        }
    >();
  });

  test('knows the events of the sources behind its services', () => {
    expectTypeOf<keyof Shop['sources']>().toEqualTypeOf<'orders' | 'profiles'>();
    expectTypeOf<Shop['sources']['orders']['at']>().toEqualTypeOf<string | number | Date>();
    expectTypeOf<Shop['sources']['orders']['amount']>().toEqualTypeOf<number | null | undefined>();
  });
});

describe('what does not compile', () => {
  const base = { name: 'g', entity: customer, source: orders } as const;

  test('an aggregation of a field that is not there', () => {
    // @ts-expect-error -- amont
    aggregatedGroup({ ...base, aggregations: [{ of: 'amont', functions: ['mean'], windows: ['1h'] }] });
  });

  test('a mean of text', () => {
    // @ts-expect-error -- shop is a string
    aggregatedGroup({ ...base, aggregations: [{ of: 'shop', functions: ['mean'], windows: ['1h'] }] });
  });

  test('a function of a column without one', () => {
    // @ts-expect-error -- mean needs `of`
    aggregatedGroup({ ...base, aggregations: [{ functions: ['mean'], windows: ['1h'] }] });
  });

  test('a function that there is not', () => {
    // @ts-expect-error -- average
    aggregatedGroup({ ...base, aggregations: [{ of: 'amount', functions: ['average'], windows: ['1h'] }] });
  });

  test('a window that is no length of time', () => {
    // @ts-expect-error -- one hour
    aggregatedGroup({ ...base, aggregations: [{ functions: ['count'], windows: ['one hour'] }] });
  });

  test('a category of a type that has none', () => {
    aggregatedGroup({
      ...base,
      // @ts-expect-error -- amount is a float
      aggregations: [{ functions: ['count'], by: 'amount', windows: ['1h'] }],
    });
  });

  test('a group whose join key is neither a field nor mapped to one', () => {
    const other = entity({ name: 'other', joinKeys: [{ name: 'buyer_id', type: 'string' }] });
    const aggregations = [{ functions: ['count'], windows: ['1h'] }] as const;
    // @ts-expect-error -- keys: { buyer_id: … } is missing
    aggregatedGroup({ name: 'g', entity: other, source: orders, aggregations });
    aggregatedGroup({ name: 'g', entity: other, source: orders, keys: { buyer_id: 'buyer' }, aggregations });
  });

  test('a join key mapped to a field of another type', () => {
    aggregatedGroup({
      ...base,
      // @ts-expect-error -- customer_id is an int, buyer a string
      keys: { customer_id: 'buyer' },
      aggregations: [{ functions: ['count'], windows: ['1h'] }],
    });
  });

  test('aggregations of a push source', () => {
    aggregatedGroup({
      name: 'g',
      entity: customer,
      // @ts-expect-error -- events come from stream sources
      source: profiles,
      aggregations: [{ functions: ['count'], windows: ['1h'] }],
    });
  });

  test('a time field that is no timestamp', () => {
    const fields = { shop: 'string', at: 'timestamp' } as const;
    // @ts-expect-error -- shop is a string
    source({ name: 's', type: 'stream', fields, timestampField: 'shop' });
  });

  test('a feature that the group does not have', () => {
    // @ts-expect-error -- there is no window of 2h
    spending.feature('amount_mean_2h');
  });

  test('a type that there is not', () => {
    // @ts-expect-error -- integer
    source({ name: 's', type: 'stream', fields: { n: 'integer', at: 'timestamp' }, timestampField: 'at' });
  });

  test('a composite key of which only a part is there', () => {
    // @ts-expect-error -- profiles have no shop
    pushedGroup({ name: 'g', entity: pair, source: profiles, features: [] });
  });
});
