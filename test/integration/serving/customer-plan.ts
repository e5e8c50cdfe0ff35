import type { AggregatedGroupPlan, PlanDocument } from '@millrace/core';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Purchases of customers: ints that need 64 bits, floats, texts; null for what an empty window has no value for. */
export const PURCHASES: AggregatedGroupPlan = {
  kind: 'aggregated',
  name: 'purchases',
  version: 2,
  entity: 'customer',
  source: 'orders',
  keyFields: ['customer_id'],
  ttlMs: 7 * DAY_MS,
  derive: [],
  inputs: [
    { name: 'amount', type: 'float' },
    { name: 'order_id', type: 'int' },
    { name: 'shop', type: 'string' },
  ],
  filters: [],
  windows: [{ kind: 'sliding', lengthMs: HOUR_MS }, { kind: 'lifetime' }],
  features: [
    { name: 'count_1h', type: 'int', function: { kind: 'count' }, window: 0 },
    { name: 'amount_sum_1h', type: 'float', function: { kind: 'sum' }, input: 0, window: 0 },
    { name: 'amount_mean_1h', type: 'float', function: { kind: 'mean' }, input: 0, window: 0 },
    { name: 'order_id_last_lifetime', type: 'int', function: { kind: 'last' }, input: 1, window: 1 },
    {
      name: 'shop_last_lifetime',
      type: 'string',
      function: { kind: 'last' },
      input: 2,
      window: 1,
      default: 'nowhere',
    },
  ],
  budget: 128,
  resolution: 1 / 64,
};

/** Trips between two places: an entity with a composite key. */
export const TRIPS: AggregatedGroupPlan = {
  ...PURCHASES,
  name: 'trips',
  version: 1,
  entity: 'route',
  source: 'trips',
  keyFields: ['origin', 'destination'],
  inputs: [],
  windows: [{ kind: 'sliding', lengthMs: DAY_MS }],
  features: [{ name: 'count_24h', type: 'int', function: { kind: 'count' }, window: 0 }],
};

export const PLAN: PlanDocument = {
  revision: 1,
  entities: [
    { name: 'customer', joinKeys: [{ name: 'customer_id', type: 'int' }], partitions: 16 },
    {
      name: 'route',
      joinKeys: [
        { name: 'origin', type: 'string' },
        { name: 'destination', type: 'string' },
      ],
      partitions: 4,
    },
  ],
  sources: [],
  groups: [PURCHASES, TRIPS],
  derivedGroups: [],
  services: [
    {
      name: 'fraud_detection',
      version: 1,
      features: PURCHASES.features.map(({ name }) => ({ group: 'purchases', version: 2, feature: name })),
    },
    {
      name: 'trip_check',
      version: 1,
      features: [
        { group: 'trips', version: 1, feature: 'count_24h' },
        { group: 'purchases', version: 2, feature: 'count_1h' },
      ],
    },
  ],
};
