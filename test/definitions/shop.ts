/** A shop whose definitions use every kind of window and name: read by the type tests and by the tests. */
import {
  aggregatedGroup,
  derivedGroup,
  entity,
  featureService,
  pushedGroup,
  repository,
  source,
} from '@millrace/define';

export const customer = entity({ name: 'customer', joinKeys: [{ name: 'customer_id', type: 'int' }] });
export const pair = entity({
  name: 'pair',
  joinKeys: [
    { name: 'customer_id', type: 'int' },
    { name: 'shop', type: 'string' },
  ],
});
export const orders = source({
  name: 'orders',
  type: 'stream',
  fields: {
    order_id: 'string',
    at: 'timestamp',
    customer_id: 'int',
    buyer: 'string',
    shop: 'string',
    amount: 'float',
    items: 'int',
    paid: 'bool',
  },
  timestampField: 'at',
  idField: 'order_id',
});
export const profiles = source({
  name: 'profiles',
  type: 'push',
  fields: { at: 'timestamp', customer_id: 'int', segment: 'string', taste: 'embedding' },
  timestampField: 'at',
});
export const spending = aggregatedGroup({
  name: 'spending',
  entity: customer,
  source: orders,
  derive: { big: 'amount > 100.0 ? 1 : 0', cents: { type: 'int', expression: 'int(amount * 100.0)' } },
  aggregations: [
    { of: 'amount', functions: ['mean', 'p99.9', { last_k: 3 }, { ewma: '1h' }], windows: ['1h', '7d'] },
    { functions: ['count', 'rate_per_minute'], windows: ['lifetime', { records: 100 }] },
    { functions: ['count'], windows: [{ records: 20, within: '60s' }] },
    { of: 'shop', functions: ['last', { last_distinct_k: 2 }, { max_by: 'amount' }], windows: ['24h'] },
    { of: 'items', functions: ['sum'], by: 'shop', windows: [{ tumbling: '1d' }] },
    { of: 'at', functions: ['max'], windows: [{ tumbling: '1d', offset: '6h' }] },
    { of: 'big', functions: ['sum', 'last'], windows: [{ session: '30m' }] },
    { of: 'cents', functions: ['max'], windows: ['1h'], name: 'dearest' },
    { of: 'cents', functions: ['max', 'min'], windows: ['1h'], name: 'price' },
  ],
});
const profile = pushedGroup({
  name: 'profile',
  entity: customer,
  source: profiles,
  features: [
    { name: 'segment', type: 'string', default: 'new' },
    { name: 'taste', type: 'embedding', dimensions: 2 },
  ],
});
const risk = derivedGroup({
  name: 'risk',
  inputs: [spending, profile],
  requestFields: { amount: 'float' },
  features: [{ name: 'ratio', type: 'float', expression: 'amount / amount_mean_1h' }],
});
const checkout = featureService({
  name: 'checkout',
  features: [spending.feature('amount_mean_1h'), profile, risk],
});
/** Split over versions of what it reads, by the customer. */
export const offers = featureService({
  name: 'offers',
  features: [spending.feature('amount_mean_1h')],
  by: customer,
  variants: [
    { name: 'control', weight: 90 },
    { name: 'profiled', weight: 10, features: [spending.at(1).feature('dearest'), profile] },
  ],
});
export const shop = repository(checkout);
