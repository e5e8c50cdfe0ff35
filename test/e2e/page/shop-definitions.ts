/** A shop whose customers are numbered, with a window short enough to watch an event leave it. */
export const SHOP = [
  {
    kind: 'Entity',
    name: 'customer',
    description: 'Who buys',
    joinKeys: [{ name: 'customer_id', type: 'int' }],
    partitions: 2,
  },
  {
    kind: 'Source',
    name: 'purchases',
    type: 'stream',
    fields: { at: 'timestamp', customer_id: 'int', amount: 'float', order_id: 'int' },
    timestampField: 'at',
  },
  {
    kind: 'FeatureGroup',
    name: 'customer_purchases',
    description: 'What a customer bought',
    entity: 'customer',
    source: 'purchases',
    aggregations: [
      { functions: ['count'], windows: ['4s', '1h', 'lifetime'] },
      { of: 'amount', functions: ['sum', 'mean'], windows: ['1h'] },
      { of: 'amount', functions: ['max'], windows: [{ records: 5 }] },
      { of: 'order_id', functions: ['last'], windows: ['lifetime'] },
    ],
    owner: 'shop@example.com',
    tags: { team: 'shop' },
    freshness: { target: '1m' },
  },
  {
    kind: 'DerivedFeatureGroup',
    name: 'customer_risk',
    inputs: ['customer_purchases'],
    requestFields: { price: 'float' },
    features: [{ name: 'price_to_mean', type: 'float', expression: 'price / amount_mean_1h' }],
  },
  {
    kind: 'FeatureService',
    name: 'checkout',
    description: 'What the checkout model reads',
    features: ['customer_purchases', 'customer_risk'],
    owner: 'shop@example.com',
  },
  {
    kind: 'FeatureService',
    name: 'offers',
    features: ['customer_purchases:count_1h'],
    variants: [
      { name: 'control', weight: 0 },
      { name: 'lifetime', weight: 1, features: ['customer_purchases:count_lifetime'] },
    ],
  },
] as const;
